import { lstat, realpath } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_PACKAGE_LIMITS, hashFiles, listFiles, packageHash, SIGNATURE_FILE } from '#packages/model-package';
import type { PackageFile } from '#packages/model-package';
import { messageOf } from '#packages/foundation';
import { filesOfOnnx } from '../assemble/onnx-files.ts';
import { packagingErrors } from '../errors.ts';
import { copyInto } from '../files.ts';
import { asModelName } from '../names.ts';
import type { FoundSource } from './source.ts';
import { isArchive, unfold } from './unfold.ts';

/**
 * A file or folder of this machine. Its identity is its name and content, never its place: the same model gives the same
 * package wherever it lies.
 * @throws EdgeError `package-source.*`, `package.link`, `package.too-large`
 */
export async function findLocal(source: string, maxBytes: number, signal: AbortSignal): Promise<FoundSource> {
  const real = await realpath(source).catch((cause: unknown) => {
    throw packagingErrors.error('package-source.not-found', `there is nothing at ${source}: ${messageOf(cause)}`, {
      cause,
      facts: { source },
    });
  });
  const facts = await lstat(real);
  const name = path.basename(path.resolve(source));
  if (facts.isDirectory()) {
    const files = await listFiles(real, { ...DEFAULT_PACKAGE_LIMITS, maxBytes });
    return loose(real, name, files, signal);
  }
  if (!facts.isFile())
    throw packagingErrors.error('package-source.invalid', `${source} is neither a file nor a folder`, {
      facts: { source },
    });
  if (facts.size > maxBytes)
    throw packagingErrors.error('package-source.too-large', `${source} has ${facts.size} bytes, over ${maxBytes}`, {
      facts: { source, maxBytes },
    });
  if (!(await isArchive(real))) return loose(path.dirname(real), name, await filesOfOnnx(real), signal);
  const hashes = await hashFiles(path.dirname(real), [{ path: path.basename(real) }], signal);
  return {
    identity: { uri: name, sha256: hashes[path.basename(real)] ?? '' },
    suggestedName: asModelName(name.replace(/(\.tar\.gz|\.tgz|\.zip)$/i, '')),
    fetch: (target, abort) => unfold(real, name, target, maxBytes, abort),
  };
}

/** Plain files below a folder. */
async function loose(
  dir: string,
  name: string,
  files: readonly Pick<PackageFile, 'path'>[],
  signal: AbortSignal,
): Promise<FoundSource> {
  const hashes = await hashFiles(dir, files, signal);
  // The signature is not part of a package's identity, but of a source's: packaging carries it along.
  const signature = files.some((file) => file.path === SIGNATURE_FILE)
    ? await hashFiles(path.join(dir, '.'), [{ path: `./${SIGNATURE_FILE}` }], signal)
    : {};
  const only = files.length === 1 ? Object.values(hashes)[0] : undefined;
  return {
    identity: { uri: name, sha256: only ?? packageHash({ ...hashes, ...signature }) },
    suggestedName: asModelName(name.replace(/\.onnx$/i, '')),
    async fetch(target) {
      for (const file of files) await copyInto(dir, file.path, target);
      return target;
    },
  };
}
