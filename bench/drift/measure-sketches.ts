import { DriftWatch, Rarity, Sketch } from '#packages/drift';
import type { Observation } from '#packages/drift';
import { embeddingText } from '#packages/model-package';
import { seededRandom } from '../../testing/seeded-random.ts';

export interface SketchCost {
  readonly what: string;
  /** Microseconds, the clock's own 0.1 among them. */
  readonly p50Us: number;
  readonly p99Us: number;
}

const OBJECTS = 8;
const DIMENSIONS = 512;
const SETTINGS = {
  windowMs: 86_400_000,
  slotMs: 600_000,
  minImages: 500,
  psi: 0.25,
  jensenShannon: 0.05,
};

/** Times each step by itself, over pictures with 0 to 8 objects of 20 classes. The first tenth warms up and does not count. */
export function measureSketches(images: number, signal: AbortSignal): readonly SketchCost[] {
  const random = seededRandom(1);
  const observations = Array.from({ length: images }, () => observationOf(random));
  const baseline = new Sketch();
  for (const observation of observations) baseline.add(observation);
  const [sketch, vectors] = [new Sketch(), new Sketch()];
  const embedding = embeddingText(Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5));
  const withVector: Observation = { predictions: [{ classId: 0, score: 0, embedding }] };
  const rarity = new Rarity(baseline);
  const watch = new DriftWatch(baseline, SETTINGS, 0);
  const everyMs = SETTINGS.windowMs / 3_000;
  return [
    timed('counted in a sketch', observations, signal, (observation) => sketch.add(observation)),
    timed(`counted with a vector of ${DIMENSIONS} numbers`, observations, signal, () => vectors.add(withVector)),
    timed('told how unusual it is', observations, signal, (observation) => rarity.of(observation)),
    // Pictures as far apart that each counts, ends of slots and windows among them.
    timed('watched, comparisons included', observations, signal, (observation, at) =>
      watch.observe(at * everyMs, () => observation),
    ),
  ];
}

function observationOf(random: () => number): Observation {
  const objects = Math.floor((OBJECTS + 1) * random());
  return {
    predictions: Array.from({ length: objects }, () => {
      const [x, y, side] = [0.7 * random(), 0.7 * random(), 0.3 * random()];
      return { classId: Math.floor(20 * random()), score: random(), box: [x, y, x + side, y + side] as const };
    }),
    picture: {
      brightness: 60 + 120 * random(),
      contrast: 0.2 + 0.4 * random(),
      sharpness: 0.2 + random(),
      layout: Uint8Array.from({ length: 48 }, () => 256 * random()),
    },
  };
}

function timed(
  what: string,
  observations: readonly Observation[],
  signal: AbortSignal,
  step: (observation: Observation, at: number) => unknown,
): SketchCost {
  signal.throwIfAborted();
  const times = Float64Array.from(observations, (observation, at) => {
    const start = performance.now();
    step(observation, at);
    return 1_000 * (performance.now() - start);
  });
  const ordered = times.subarray(Math.floor(times.length / 10)).toSorted();
  const at = (share: number): number => Math.round(10 * (ordered[Math.floor(share * ordered.length)] ?? 0)) / 10;
  return { what, p50Us: at(0.5), p99Us: at(0.99) };
}
