/** `2019-07-11 00:12:48.816752`: UTC, in the form of Python's `str(datetime)`, always with six digits of the second. */
export function publishTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().replace('T', ' ').replace('Z', '')}000`;
}
