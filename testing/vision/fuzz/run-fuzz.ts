import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PackageFiles, parseManifest } from '#packages/model-package';
import { loadModel } from '#packages/vision';
import { isEdgeError } from '#packages/foundation';
import { modelFolder } from '../model-folder.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import { Random } from './random.ts';
import { imageSeeds, packageSeeds } from './seeds.ts';

/**
 * Runs in its own process, so that a crash of native code is seen as such:
 * `run-fuzz.ts images|models <seed> <count> <journal>`. The journal holds the number of the case that is being tried and, when it
 * ends, the result. The input of a case that failed is left beside the journal.
 */
const [kind, seedText, countText, journal = ''] = process.argv.slice(2);
const seed = Number(seedText);
const count = Number(countText);

const tally: Record<string, number> = {};
const wrong: string[] = [];
const rssMb: number[] = [];

const folder = await modelFolder();
const attempt = kind === 'images' ? await imageFuzzer() : await modelFuzzer();
try {
  for (let index = 0; index < count; index++) {
    appendFileSync(journal, `${index}\n`);
    await tryOne(index);
    if (index % Math.ceil(count / 8) === 0) rssMb.push(residentMb());
  }
  rssMb.push(residentMb());
} finally {
  await folder.remove();
}
appendFileSync(journal, `${JSON.stringify({ tally, wrong, rssMb })}\n`);

async function tryOne(index: number): Promise<void> {
  const random = new Random(seed + index);
  try {
    await attempt(random);
    tally['ok'] = (tally['ok'] ?? 0) + 1;
  } catch (error) {
    const code = isEdgeError(error) ? error.code : 'not an EdgeError';
    tally[code] = (tally[code] ?? 0) + 1;
    if (!isEdgeError(error) || error.message.length < 20) wrong.push(`case ${index}: ${String(error)}`);
  }
}

async function imageFuzzer(): Promise<(random: Random) => Promise<void>> {
  const seeds = await imageSeeds();
  const model = await folder.load({ maxPixels: 4_000_000 });
  return async (random) => {
    const image = mutateBytes(random.pick(seeds), random, seeds);
    writeFileSync(`${journal}.input`, image);
    const { predictions } = await model.infer(image);
    if (predictions.some(({ score }) => !(score >= 0 && score <= 1))) throw new Error('a score that no image can give');
  };
}

async function modelFuzzer(): Promise<(random: Random) => Promise<void>> {
  const seeds = packageSeeds();
  const files = seeds.map(({ onnx }) => onnx);
  const [image] = await imageSeeds();
  return async (random) => {
    const seed = random.pick(seeds);
    const damageFile = random.next() < 0.6;
    const onnx = damageFile ? mutateBytes(seed.onnx, random, files) : seed.onnx;
    const json = damageFile ? seed.json : mutateJson(seed.json, random);
    writeFileSync(path.join(folder.dir, 'model.onnx'), onnx);
    writeFileSync(`${journal}.input`, damageFile ? onnx : JSON.stringify(json));
    const manifest = parseManifest(json);
    const [variant] = manifest.variants;
    const options = { variant, providers: ['cpu'], intraOpThreads: 1, spinning: false } as const;
    const model = await loadModel(new PackageFiles(folder.dir), manifest, [], options);
    try {
      await model.infer(image as Uint8Array);
    } finally {
      await model.close();
    }
  };
}

function residentMb(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().rss / 1e6);
}
