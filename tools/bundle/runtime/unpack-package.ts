import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { buildErrors } from '../errors.ts';

/** In folders, what no device needs. A file that is named outright is always taken. */
const NOT_NEEDED = /\.(map|md|h|ts|mts|cts|mjs|pdb|lib)$/i;

/**
 * Unpacks the wanted files of an npm tarball: exact paths, or folders that end with `/`.
 *
 * @throws EdgeError `build.package-content` where a wanted file or folder is not in it.
 */
export async function unpackPackage(
  tarball: string,
  wanted: readonly string[],
  into: string,
): Promise<readonly string[]> {
  const written: string[] = [];
  const found = new Set<string>();
  const reader = extract();
  const unpacked = (async () => {
    for await (const entry of reader) {
      // npm tarballs hold everything below one folder, usually `package/`.
      const name = entry.header.name.replace(/^[^/]+\//, '');
      const rule = entry.header.type === 'file' ? ruleFor(name, wanted) : undefined;
      if (rule === undefined) {
        entry.resume();
        continue;
      }
      found.add(rule);
      await mkdir(path.join(into, path.dirname(name)), { recursive: true });
      await pipeline(entry, createWriteStream(path.join(into, name)));
      written.push(name);
    }
  })();
  await Promise.all([pipeline(createReadStream(tarball), createGunzip(), reader), unpacked]);
  const absent = wanted.filter((rule) => !found.has(rule));
  if (absent.length > 0)
    throw buildErrors.error('build.package-content', `${path.basename(tarball)} holds no ${absent.join(', ')}`);
  return written.sort();
}

function ruleFor(name: string, wanted: readonly string[]): string | undefined {
  if (name.split('/').includes('..')) return undefined;
  return wanted.find(
    (rule) => rule === name || (rule.endsWith('/') && name.startsWith(rule) && !NOT_NEEDED.test(name)),
  );
}
