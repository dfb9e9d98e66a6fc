/** Content type of a capture file or a side file, by its name. */
export function contentTypeOf(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return CONTENT_TYPES[extension] ?? 'application/octet-stream';
}

export const LINES_TYPE = 'application/x-ndjson';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  jsonl: LINES_TYPE,
  json: 'application/json',
  csv: 'text/csv',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  txt: 'text/plain',
};
