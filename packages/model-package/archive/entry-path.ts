import { packageErrors } from '../errors.ts';

const MAX_PATH_BYTES = 512;
const MAX_NAME_BYTES = 255;

/**
 * An entry's path with `/` between clean parts and no leading `./` or trailing `/`; `''` is the archive's root.
 * @throws EdgeError `archive.unsafe-entry` for whatever could lead out of the target folder.
 */
export function safeEntryPath(path: string): string {
  const refuse = (why: string) =>
    packageErrors.error('archive.unsafe-entry', `the archive holds ${JSON.stringify(path.slice(0, 200))}, ${why}`, {
      facts: { entry: path.slice(0, 200) },
    });
  if (/^\/|^[A-Za-z]:/.test(path)) throw refuse('an absolute path');
  if (path.includes('\\')) throw refuse('a path with a backslash');
  if (/[\u0000-\u001f]/.test(path)) throw refuse('a path with control characters');
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse('a path that leads out of it');
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) throw refuse('a name over 255 bytes');
  const clean = parts.join('/');
  if (Buffer.byteLength(clean) > MAX_PATH_BYTES) throw refuse(`a path over ${MAX_PATH_BYTES} bytes`);
  return clean;
}
