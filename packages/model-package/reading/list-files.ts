import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import { packageErrors } from '../errors.ts';
import type { PackageLimits } from './limits.ts';

export interface PackageFile {
  /** Relative to the package folder, `/` between the parts. */
  readonly path: string;
  readonly bytes: number;
}

/**
 * Every file below the folder, sorted by path.
 * @throws EdgeError `package.link` for anything that is neither file nor folder, `package.too-large`, `package.unreadable`
 */
export async function listFiles(dir: string, limits: PackageLimits): Promise<readonly PackageFile[]> {
  const files: PackageFile[] = [];
  let bytes = 0;

  async function visit(folder: string, depth: number): Promise<void> {
    if (depth > limits.maxDepth) throw tooLarge(dir, `folders nest deeper than ${limits.maxDepth} ("${folder}")`);
    for (const entry of await readable(dir, readdir(join(dir, folder), { withFileTypes: true }))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        await visit(path, depth + 1);
      } else if (entry.isFile()) {
        const { size } = await readable(dir, stat(join(dir, path)));
        bytes += size;
        if (bytes > limits.maxBytes) throw tooLarge(dir, `its files are over ${limits.maxBytes} bytes together`);
        if (files.push({ path, bytes: size }) > limits.maxFiles) throw tooLarge(dir, `over ${limits.maxFiles} files`);
      } else {
        throw packageErrors.error('package.link', `"${path}" in the package ${dir} is a link or a special file`, {
          facts: { package: dir, file: path },
        });
      }
    }
  }

  await visit('', 0);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readable<T>(dir: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw packageErrors.error('package.unreadable', `cannot read the package ${dir}: ${messageOf(cause)}`, {
      cause,
      facts: { package: dir },
    });
  }
}

function tooLarge(dir: string, why: string) {
  return packageErrors.error('package.too-large', `the package ${dir} is too large: ${why}`, {
    facts: { package: dir },
  });
}
