import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Prediction } from '#packages/model-package';

import { PATIENCE_MS } from '../patience.ts';
import { pattern } from './images.ts';
import { modelFolder } from './model-folder.ts';
import type { ModelFolder } from './model-folder.ts';
import { smallNetwork } from './onnx-builder.ts';

const PROJECT = path.join(import.meta.dirname, '../..');

/** What `edgeml predict` says of one image. */
interface Answer {
  readonly line: { readonly provider: string; readonly predictions: readonly Prediction[] };
  readonly stderr: string;
}

/** A package with a small network, and an image. */
export async function smallPackage(): Promise<ModelFolder> {
  const manifest = {
    schemaVersion: 1,
    name: 'Small',
    version: '1.0.0',
    task: 'image-classification',
    input: { width: 8, height: 8, std: 255 },
    output: { decoder: 'classification', activation: 'softmax' },
    variants: [{ file: 'model.onnx' }],
  };
  return modelFolder(
    {},
    {
      'model.onnx': smallNetwork(8),
      'model.json': JSON.stringify(manifest),
      'image.png': await pattern(32, 24).png().toBuffer(),
    },
  );
}

/** Runs `edgeml predict` in its own process: the loader of Vulkan reads its environment once. */
export async function predictSmall(
  folder: ModelFolder,
  providers: string,
  environment: Readonly<Record<string, string>>,
  ...more: string[]
): Promise<Answer> {
  const image = path.join(folder.dir, 'image.png');
  const args = ['tools/edgeml.mjs', 'predict', '--package', folder.dir, '--image', image, '--json'];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [...args, '--provider', providers, ...more], {
    cwd: PROJECT,
    env: { ...process.env, ...environment },
    timeout: PATIENCE_MS,
  });
  return { line: JSON.parse(stdout) as Answer['line'], stderr };
}
