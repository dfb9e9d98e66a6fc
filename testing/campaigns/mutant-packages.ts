import { join } from 'node:path';
import { writeFiles } from '../agent/package-folder.ts';
import { mutateMessage } from '../vision/fuzz/mutate-message.ts';
import { mutateBytes } from '../vision/fuzz/mutate.ts';
import { Random } from '../vision/fuzz/random.ts';
import { packageSeeds } from '../vision/fuzz/seeds.ts';
import { HOSTILE_GRAPHS } from '../vision/hostile-graphs.ts';

export const MUTANT = 'Mutant';

/**
 * A package whose model was damaged at random, the same one for the same number. One in four is damaged as a file, which hardly ever
 * parses any more; the others stay well-formed and say something else.
 */
export async function mutantPackage(folder: string, seed: number): Promise<string> {
  const random = new Random(seed);
  const seeds = packageSeeds();
  const { onnx, json } = random.pick(seeds);
  const files = seeds.map((one) => one.onnx);
  const damaged = random.next() < 0.25 ? mutateBytes(onnx, random, files) : mutateMessage(onnx, random);
  return write(folder, `1.0.${seed}`, json, damaged);
}

/** A package whose model was written to do harm. @param index of `HOSTILE_GRAPHS`, which repeats */
export async function hostilePackage(folder: string, index: number): Promise<string> {
  const names = Object.keys(HOSTILE_GRAPHS);
  const onnx = HOSTILE_GRAPHS[names[index % names.length] ?? '']?.() ?? new Uint8Array();
  const json = {
    schemaVersion: 1,
    task: 'image-classification',
    input: { name: 'image', width: 8, height: 8 },
    output: { decoder: 'classification', output: 'probs' },
    variants: [{ file: 'model.onnx' }],
  };
  return write(folder, `2.0.${index}`, json, onnx);
}

async function write(folder: string, version: string, json: object, onnx: Uint8Array): Promise<string> {
  const dir = join(folder, version);
  const manifest = { ...json, name: MUTANT, version };
  await writeFiles(dir, { 'model.json': JSON.stringify(manifest), 'model.onnx': onnx });
  return dir;
}
