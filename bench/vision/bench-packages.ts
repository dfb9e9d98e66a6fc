import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { VISION_DATA } from '../../testing/outside-data/vision-data.ts';
import { referenceModel } from '../../testing/vision/reference-models.ts';
import type { BenchModel } from './bench-models.ts';

/** A package of a real model, without golden cases, as the agent takes it. */
export async function writeBenchPackage(name: BenchModel, folder: string): Promise<string> {
  const { manifest, labels } = referenceModel(name);
  const dir = path.join(folder, name);
  await mkdir(dir, { recursive: true });
  await copyFile(path.join(VISION_DATA, 'models', `${name}.onnx`), path.join(dir, `${name}.onnx`));
  await writeFile(path.join(dir, 'labels.txt'), `${labels.join('\n')}\n`);
  await writeFile(path.join(dir, 'model.json'), JSON.stringify({ ...manifest, labels: 'labels.txt' }));
  return dir;
}
