/** Folder of a capture, as a key without a slash at its ends: `<prefix>/<fleet>/<model>/YYYY/MM/DD/HH`, the hour of the inference in UTC. */
export function captureFolder(prefix: string, fleet: string, model: string, time: number): string {
  const [date = '', rest = ''] = new Date(time).toISOString().split('T');
  const levels = [prefix, fleet, model, ...date.split('-'), rest.slice(0, 2)];
  return levels.filter((level) => level !== '').join('/');
}

/** Whether a path below the folder of captures is one of ours. */
export function isCaptureFile(path: string): boolean {
  return /(?:^|\/)[^/]+\/[^/]+\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+\.jsonl$/.test(path);
}

/** Seconds in UTC, without a zone: `2023-05-31T20:05:24`. */
export function inferenceTime(time: number): string {
  return new Date(time).toISOString().slice(0, 19);
}
