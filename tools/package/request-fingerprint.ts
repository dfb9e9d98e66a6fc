import { createHash } from 'node:crypto';
import path from 'node:path';
import { filesBelow, hashFile } from '#packages/foundation';
import { canonicalJson } from '#packages/model-package';
import { readGiven } from './files.ts';
import { givenPictures, GOLDEN_SET } from './source/reference-set.ts';
import type { PackageOptions } from './package-options.ts';

/** Raised when packaging writes something else for the same input. */
const FORMAT = 1;

/** SHA-256, hexadecimal, of everything beside the source that the package depends on. @throws EdgeError `packaging.file-unreadable` */
export async function requestFingerprint(options: PackageOptions): Promise<string> {
  const { name, version, component, role, read, publisher, signer, claims, recipients } = options;
  const text = canonicalJson({
    format: FORMAT,
    name: name ?? null,
    version: version ?? null,
    component: component ?? null,
    ...(role === 'challenger' ? { role } : {}),
    read,
    publisher,
    signer: signer ? [signer.algorithm, signer.keyId] : null,
    ...(options.assume === true ? { assume: true } : {}),
    ...(claims ? { claims: { ...claims } } : {}),
    ...(recipients ? { recipients: recipients.map(({ id }) => id) } : {}),
    manifest: await hashOf(options.manifest),
    ...(options.keys ? { keys: JSON.stringify(options.keys) } : {}),
    labels: await hashOf(options.labels),
    int8: await hashOf(options.int8),
    ...(options.baseline === undefined ? {} : { baseline: await hashOfSet(options.baseline) }),
    ...(options.gallery === undefined ? {} : { gallery: await hashOfGallery(options.gallery) }),
    golden: await Promise.all(options.golden.map(async (file) => [path.basename(file), await hashOf(file)])),
  });
  return createHash('sha256').update(text).digest('hex');
}

/** Of every picture of a reference set; the golden inputs count by themselves. */
async function hashOfSet(given: string): Promise<string> {
  if (given === GOLDEN_SET) return GOLDEN_SET;
  const hash = createHash('sha256');
  for (const file of await givenPictures(given)) hash.update(await hashFile(file).catch(() => ''));
  return hash.digest('hex');
}

/** Of every picture and its name. */
async function hashOfGallery(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await filesBelow(folder).catch(() => [])).toSorted())
    hash.update(`${file}\0${await hashFile(path.join(folder, file))}\0`);
  return hash.digest('hex');
}

async function hashOf(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  return createHash('sha256')
    .update(await readGiven(file))
    .digest('hex');
}
