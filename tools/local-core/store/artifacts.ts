import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { hashFile, replaceAtomically } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import type { Artifact } from '../../recipe/recipe.ts';
import type { ComponentId, ComponentStore } from './component-store.ts';
import { coreErrors } from '../errors.ts';
import { applyPermission } from './permissions.ts';
import { unzip } from './unzip.ts';

export interface PrepareRequest {
  readonly id: ComponentId;
  readonly artifacts: readonly Artifact[];
  /** Holds `<name>/<version>/<files>`; missing for a deployment without artifacts. */
  readonly sourceFolder?: string;
  /** Files of the folder that are left out: artifacts of other platforms, a runtime for each of them above all. */
  readonly without?: ReadonlySet<string>;
  /** Whether `Unarchive: ZIP` is done; false for a local deployment of nucleus lite. Default true. */
  readonly unpack?: boolean;
}

/**
 * Brings a component's artifacts into the store: copies its folder, checks digests, unpacks archives, sets permissions.
 * An artifact whose file already lies in the store is used as it is, as the nucleus does.
 *
 * @throws packages.artifact-missing, packages.digest-mismatch, packages.archive-invalid
 */
export async function prepareArtifacts(store: ComponentStore, request: PrepareRequest, log: Logger): Promise<void> {
  const { id, artifacts, sourceFolder } = request;
  const folder = store.artifactFolder(id);
  await mkdir(folder, { recursive: true });
  if (sourceFolder !== undefined) {
    const changed = await copyTree(path.join(sourceFolder, id.name, id.version), folder, request.without);
    for (const file of changed) log.warn({ ...id, file }, 'store.artifact-changed-under-same-version');
  }
  for (const artifact of artifacts) {
    const file = path.join(folder, artifact.fileName);
    await requireFile(file, artifact, request);
    await checkDigest(file, artifact, id);
    await applyPermission(file, artifact.permission);
    if (artifact.unarchive === 'NONE' || request.unpack === false) continue;
    const target = path.join(store.unpackedFolder(id), artifact.fileName.replace(/\.zip$/i, ''));
    const written = await unzip(file, target);
    await applyPermission(target, artifact.permission);
    if (written > 0) log.info({ ...id, archive: artifact.fileName, files: written }, 'store.unpacked');
  }
}

/** @throws packages.artifacts-inside-store where the folder holds the core's own store or lies in it */
export function checkArtifactFolder(folder: string, storeFolder: string): void {
  const given = path.resolve(folder);
  const own = path.resolve(storeFolder);
  if (!inside(given, own) && !inside(own, given)) return;
  throw coreErrors.error(
    'packages.artifacts-inside-store',
    `the artifact folder ${given} overlaps the core's own store ${own}`,
    { facts: { folder: given, store: own } },
  );
}

function inside(inner: string, outer: string): boolean {
  return path.relative(outer, inner).split(path.sep)[0] !== '..';
}

async function requireFile(file: string, artifact: Artifact, { id, sourceFolder }: PrepareRequest): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts?.isFile()) return;
  const looked = sourceFolder === undefined ? [] : [path.join(sourceFolder, id.name, id.version)];
  throw coreErrors.error(
    'packages.artifact-missing',
    `${id.name} ${id.version} needs the artifact ${artifact.fileName} (${artifact.uri}); it is not in ${[...looked, path.dirname(file)].join(' nor in ')}`,
    { facts: { ...id, uri: artifact.uri } },
  );
}

/** Digests are base64; hexadecimal is not what the cloud writes and is refused like any other difference. */
async function checkDigest(file: string, artifact: Artifact, id: ComponentId): Promise<void> {
  if (artifact.digest === undefined) return;
  const algorithm = artifact.algorithm ?? 'SHA-256';
  const actual = await hashFile(file, { algorithm: algorithm.replace('-', '').toLowerCase(), encoding: 'base64' });
  if (actual === artifact.digest) return;
  throw coreErrors.error(
    'packages.digest-mismatch',
    `${artifact.fileName} of ${id.name} ${id.version} has the ${algorithm} digest ${actual}, the recipe says ${artifact.digest}`,
    { facts: { ...id, file, actual, expected: artifact.digest } },
  );
}

/** Copies what is missing or differs in size or time; returns the files that replaced an older copy. */
async function copyTree(source: string, target: string, without?: ReadonlySet<string>): Promise<readonly string[]> {
  const facts = await lstat(source).catch(() => undefined);
  if (!facts) return [];
  if (facts.isDirectory()) {
    await mkdir(target, { recursive: true });
    const names = (await readdir(source)).filter((name) => !without?.has(name)).sort();
    const replaced: string[] = [];
    for (const name of names) replaced.push(...(await copyTree(path.join(source, name), path.join(target, name))));
    return replaced;
  }
  const from = await stat(source);
  const old = await stat(target).catch(() => undefined);
  if (old?.size === from.size && Math.abs(old.mtimeMs - from.mtimeMs) < 1) return [];
  const copy = async (partial: string): Promise<void> => {
    await copyFile(source, partial, constants.COPYFILE_FICLONE);
    await utimes(partial, from.atimeMs / 1000, from.mtimeMs / 1000);
  };
  await replaceAtomically(target, copy, { fsync: 'none' });
  return old ? [target] : [];
}
