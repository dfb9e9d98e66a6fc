import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { hashFiles, PackageFiles, parseManifest } from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import type { LoadedModel, LoadOptions } from '#packages/vision';
import { meanColorModel } from './onnx-builder.ts';

/** A package in a temporary folder, made of real files. */
export interface ModelFolder {
  readonly dir: string;
  /** The files as they were made: what is changed later is noticed. */
  readonly files: PackageFiles;
  readonly manifest: ModelManifest;
  readonly labels: readonly string[];
  readonly load: (options?: Partial<LoadOptions>) => Promise<LoadedModel>;
  readonly remove: () => Promise<void>;
}

const COLORS = {
  schemaVersion: 1,
  name: 'Colors',
  version: '1.0.0',
  task: 'image-classification',
  input: { name: 'image', width: 8, height: 8, std: 255 },
  output: { decoder: 'classification', output: 'probs' },
  variants: [{ file: 'model.onnx' }],
};

/** By default a classifier that scores red, green and blue by how much of each is in the image. */
export async function modelFolder(
  changes: object = {},
  files: Readonly<Record<string, Uint8Array | string>> = {},
  labels: readonly string[] = ['red', 'green', 'blue'],
): Promise<ModelFolder> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'edgeml-model-'));
  const all: Record<string, Uint8Array | string> = { 'model.onnx': meanColorModel(8), ...files };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await writeFile(path.join(dir, name), content);
  }
  const manifest = parseManifest({ ...COLORS, ...changes });
  const made = new PackageFiles(
    dir,
    await hashFiles(
      dir,
      Object.keys(all).map((name) => ({ path: name })),
    ),
  );
  return {
    dir,
    files: made,
    manifest,
    labels,
    load: (options) =>
      loadModel(made, manifest, labels, {
        variant: manifest.variants[0],
        providers: ['cpu'],
        intraOpThreads: 1,
        spinning: false,
        ...options,
      }),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
