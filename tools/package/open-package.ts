import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readPackage, unpackArchive } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';

export interface OpenedPackage {
  readonly model: ModelPackage;
  /** Removes what was unpacked. */
  close(): Promise<void>;
}

/** Reads a package folder, or a .tar.gz or .zip of one. @throws EdgeError `package.*`, `archive.*`, `model.manifest-invalid` */
export async function openPackage(where: string, signal: AbortSignal): Promise<OpenedPackage> {
  const facts = await stat(where).catch(() => undefined);
  if (!facts?.isFile()) return { model: await readPackage(where, { signal }), close: () => Promise.resolve() };
  const work = await mkdtemp(path.join(tmpdir(), 'edgeml-package-'));
  const close = (): Promise<void> => rm(work, { recursive: true, force: true });
  try {
    return { model: await readPackage(await unpackArchive(where, work, { signal }), { signal }), close };
  } catch (error) {
    await close();
    throw error;
  }
}
