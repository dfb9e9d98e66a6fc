import { readFile } from 'node:fs/promises';
import { quantile, systemClock } from '#packages/foundation';
import { PackageFiles, readPackage } from '#packages/model-package';
import { loadModel } from '#packages/vision';

export interface DecoderCost {
  readonly model: string;
  readonly decoder: string;
  /** CPU time of a picture, medians in milliseconds. */
  readonly runMs: number;
  readonly decodeMs: number;
  /** Of the medians. */
  readonly ratio: number;
  /** Median number of predictions. */
  readonly predictions: number;
}

/** Rounds in which V8 optimizes. */
const WARM_UP = 2;

/**
 * CPU time of the process in place of time: other load on the machine hardly changes it, and ratios that were taken picture by picture not at all.
 * The model runs on one thread.
 */
const CPU_CLOCK = {
  ...systemClock,
  monotonic: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/** Runs a package over pictures, one after the other. @throws EdgeError `package.*`, `model.*`, `image.*` */
export async function measureDecoder(
  dir: string,
  pictures: readonly string[],
  rounds: number,
  signal: AbortSignal,
): Promise<DecoderCost> {
  const { manifest, labels, hashes } = await readPackage(dir, { signal });
  const [variant] = manifest.variants;
  const options = { variant, providers: ['cpu' as const], intraOpThreads: 1, spinning: false, clock: CPU_CLOCK };
  const model = await loadModel(new PackageFiles(dir, hashes), manifest, labels, options);
  try {
    const images = await Promise.all(pictures.map((file) => readFile(file)));
    const runs: { readonly runMs: number; readonly decodeMs: number; readonly found: number }[] = [];
    for (let round = 0; round < WARM_UP + rounds; round++) {
      for (const image of images) {
        signal.throwIfAborted();
        const { timings, predictions } = await model.infer(new Uint8Array(image), undefined, signal);
        const one = { runMs: timings.runMs, decodeMs: timings.postprocessMs, found: predictions.length };
        if (round >= WARM_UP) runs.push(one);
      }
    }
    const median = (of: (one: (typeof runs)[number]) => number): number => quantile(runs.map(of), 0.5);
    const [runMs, decodeMs] = [median((one) => one.runMs), median((one) => one.decodeMs)];
    const predictions = median((one) => one.found);
    return {
      model: manifest.name,
      decoder: manifest.output.decoder,
      runMs,
      decodeMs,
      ratio: decodeMs / runMs,
      predictions,
    };
  } finally {
    await model.close();
  }
}
