import path from 'node:path';
import { safeEntryPath } from '#packages/model-package';
import { readOnnx } from '../../onnx/read-onnx.ts';
import { readGiven } from '../files.ts';

/**
 * An ONNX file and the files beside it that hold its weights, relative to its folder (external data of onnx.proto3).
 * @throws EdgeError `model.unreadable`, `archive.unsafe-entry` if the model points out of its folder
 */
export async function filesOfOnnx(file: string): Promise<readonly { readonly path: string }[]> {
  const name = path.basename(file);
  const { weights } = readOnnx(await readGiven(file), name);
  const external = new Set(weights.flatMap(({ externalFile }) => externalFile ?? []));
  return [name, ...[...external].map(safeEntryPath).sort()].map((one) => ({ path: one }));
}
