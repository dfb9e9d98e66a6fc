import { createHash } from 'node:crypto';

const MAX_NAME_BYTES = 200;

/**
 * File name of an annotated image: service, source, and the image's path with its folders flattened, always `.jpg`:
 * `PartsDetector--inbox--line1__belt-01.jpg`. Names that are too long for a file system end in a hash.
 */
export function annotatedName(service: string, source: string, image: string): string {
  const base = /\.jpe?g$/i.test(image) ? image.replace(/\.jpe?g$/i, '') : image;
  const flat = `${service}--${source}--${base}`.replace(/[/\\]/g, '__').replace(/[^\p{L}\p{N}._ -]/gu, '_');
  if (Buffer.byteLength(flat) <= MAX_NAME_BYTES) return `${flat}.jpg`;
  const hash = createHash('sha256').update(`${source}/${image}`).digest('hex').slice(0, 12);
  let start = flat.slice(0, MAX_NAME_BYTES);
  while (Buffer.byteLength(start) > MAX_NAME_BYTES) start = start.slice(0, -1);
  return `${start}-${hash}.jpg`;
}
