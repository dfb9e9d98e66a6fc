import { randomUUID } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { hashFile, readHashed } from '#packages/foundation';

/** The source and target of an optimized model; any difference makes it a foreign one. */
export interface OptimizedKey {
  /** SHA-256 of the original file. */
  readonly modelHash: string;
  /** Name and version of the runtime with the options that change the graph. */
  readonly runtime: string;
  readonly cpu: string;
}

/** A model that ONNX Runtime has optimized for one CPU: it loads two to five times faster. Tells exactly which bytes it is. */
export interface OptimizedModel extends OptimizedKey {
  /** Name of the file, without a folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where optimized models come from and go to. The writer of the description decides whom to believe. */
export interface OptimizedCache {
  /** One that the caller trusts, and the folder it lies in. */
  readonly known?: { readonly folder: string; readonly model: OptimizedModel };
  /** Folder that only this process writes to, for a new one. Default: none is made. */
  readonly scratch?: string;
}

/** The bytes of the known model, if it is for this key and if they are those that it tells of; else undefined. */
export async function readOptimized(
  { known }: OptimizedCache,
  key: OptimizedKey,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly model: OptimizedModel } | undefined> {
  if (!known || keyText(known.model) !== keyText(key)) return undefined;
  const { folder, model } = known;
  const file = path.join(folder, path.basename(model.file));
  const found = await readHashed(file, { maxBytes: model.bytes }).catch(() => undefined);
  return found?.hash === model.sha256 ? { bytes: found.bytes, model } : undefined;
}

/** A new file in the scratch folder for a runtime to write to, readable by its owner alone. */
export async function reserveOptimized(scratch: string): Promise<string> {
  const file = path.join(scratch, `${randomUUID()}.onnx`);
  await (await open(file, 'wx', 0o600)).close();
  return file;
}

/** Describes what the runtime has written. */
export async function describeOptimized(
  { modelHash, runtime, cpu }: OptimizedKey,
  file: string,
): Promise<OptimizedModel> {
  const { size: bytes } = await stat(file);
  return { modelHash, runtime, cpu, file: path.basename(file), bytes, sha256: await hashFile(file) };
}

function keyText({ modelHash, runtime, cpu }: OptimizedKey): string {
  return [modelHash, runtime, cpu].join('\n');
}
