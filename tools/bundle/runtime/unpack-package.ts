import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { buildErrors } from '../errors.ts';
import { isLicenseFile } from '../licenses/license-file.ts';

/** In folders, what no device needs. A file that is named outright is always taken. */
const NOT_NEEDED = /\.(map|md|h|ts|mts|cts|mjs|pdb|lib)$/i;

export interface Unpacked {
  /** Paths of the wanted files below the folder. */
  readonly files: readonly string[];
  /** The package's own description: package.json, versions.json and license files at its top, by name. */
  readonly about: ReadonlyMap<string, string>;
}

/**
 * Unpacks the wanted files of an npm tarball: exact paths, or folders that end with `/`.
 *
 * @throws EdgeError `build.package-content` if a wanted file or folder is not in it
 */
export async function unpackPackage(tarball: string, wanted: readonly string[], into: string): Promise<Unpacked> {
  const written: string[] = [];
  const about = new Map<string, string>();
  const found = new Set<string>();
  const reader = extract();
  const unpacked = (async () => {
    for await (const entry of reader) {
      // npm tarballs hold everything below one folder, usually `package/`.
      const name = entry.header.name.replace(/^[^/]+\//, '');
      const isFile = entry.header.type === 'file';
      const rule = isFile ? ruleFor(name, wanted) : undefined;
      const content = isFile && isAbout(name) ? await text(entry) : undefined;
      if (content !== undefined) about.set(name, content);
      if (rule === undefined) {
        entry.resume();
        continue;
      }
      found.add(rule);
      const target = path.join(into, name);
      await mkdir(path.dirname(target), { recursive: true });
      await (content === undefined ? pipeline(entry, createWriteStream(target)) : writeFile(target, content));
      written.push(name);
    }
  })();
  await Promise.all([pipeline(createReadStream(tarball), createGunzip(), reader), unpacked]);
  const absent = wanted.filter((rule) => !found.has(rule));
  if (absent.length > 0)
    throw buildErrors.error('build.package-content', `${path.basename(tarball)} holds no ${absent.join(', ')}`);
  return { files: written.sort(), about };
}

function isAbout(name: string): boolean {
  return name === 'package.json' || name === 'versions.json' || isLicenseFile(name);
}

function ruleFor(name: string, wanted: readonly string[]): string | undefined {
  if (name.split('/').includes('..')) return undefined;
  return wanted.find(
    (rule) => rule === name || (rule.endsWith('/') && name.startsWith(rule) && !NOT_NEEDED.test(name)),
  );
}
