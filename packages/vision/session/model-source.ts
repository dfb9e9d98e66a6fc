import path from 'node:path';
import type { PackageFiles } from '#packages/model-package';
import { externalFiles } from '#packages/onnx';
import { loadError } from './run-errors.ts';

/** A model of a package, for a runtime that wants its bytes. */
export interface ModelSource {
  /** SHA-256 of the model's file as it was verified; undefined if nobody has. */
  readonly hash: string | undefined;
  /** Reads everything again, so that nobody holds it longer than needed. @throws EdgeError `package.*`, `model.unreadable` */
  read(): Promise<ModelBytes>;
}

/** The bytes that a runtime loads: it does not read anything else from the disk. */
interface ModelBytes {
  readonly model: Uint8Array<ArrayBuffer>;
  /** Files of weights, under the names that the model gives them. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];
}

/** @param file of the variant, relative to the package */
export function modelSource(files: PackageFiles, file: string): ModelSource {
  return {
    hash: files.hashOf(file),
    async read() {
      const model = await files.read(file);
      const externalData: { path: string; data: Uint8Array<ArrayBuffer> }[] = [];
      for (const location of locationsIn(model)) {
        externalData.push({ path: location, data: await files.read(insidePackage(file, location)) });
      }
      return { model, externalData };
    },
  };
}

/** A damaged model names none: what is wrong with it the runtime says better. */
function locationsIn(model: Uint8Array): readonly string[] {
  try {
    return externalFiles(model);
  } catch {
    return [];
  }
}

/** Locations are relative to the model's folder. */
function insidePackage(file: string, location: string): string {
  const inside = path.posix.join(path.posix.dirname(file), location.replaceAll('\\', '/'));
  if (!path.posix.isAbsolute(location) && !inside.startsWith('../') && inside !== '..') return inside;
  throw loadError(file, new Error(`its weights are to be in "${location}", outside of the package`));
}
