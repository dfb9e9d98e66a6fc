const MAX_LENGTH = 200;

/** Words of a camera, for a terminal: one line without control characters, of bounded length. */
export function shownText(text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}
