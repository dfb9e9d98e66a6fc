import { CLASS_BINS, PLAIN_FEATURES, SCALES } from './sketch/features.ts';
import type { PlainFeature } from './sketch/features.ts';
import { countedPredictions } from './sketch/observation.ts';
import type { Observation } from './sketch/observation.ts';
import type { Sketch } from './sketch/sketch.ts';

/** How unusual one picture and its answer are. */
export interface Deviation {
  /** That in which they are most unusual: `brightness`, `contrast`, `sharpness`, `objects`, `size`, `classes` or `scores`. */
  readonly feature: string;
  /** At most this share of the baseline is as unusual, 0 to 1. */
  readonly share: number;
}

/**
 * How much of a baseline is as unusual as one picture.
 *
 * Of each feature, the share of the baseline that lies in bins that are not denser than the picture's own, with one added to both counts, so
 * that it is never 0 (Phipson and Smyth, Permutation P-values should never be zero, Stat. Appl. Genet. Mol. Biol. 9, 2010). The
 * smallest counts, times the number of features, and for those of predictions times the number of these (Dunn, Multiple comparisons among
 * means, J. Am. Stat. Assoc. 56, 1961): many features, and many predictions, are many chances to be unusual.
 */
export class Rarity {
  readonly #plain: Readonly<Record<PlainFeature, Float64Array>>;
  readonly #classes: Float64Array;
  readonly #scores: ReadonlyMap<number, Float64Array>;

  constructor(baseline: Sketch) {
    const plain = PLAIN_FEATURES.map((name) => [name, sharesAsRare(baseline.feature(name).counts, smoothed)] as const);
    this.#plain = Object.fromEntries(plain) as Record<PlainFeature, Float64Array>;
    this.#classes = sharesAsRare(baseline.classes(), (counts) => counts);
    const bins = Array.from({ length: CLASS_BINS }, (_, bin) => [bin, baseline.scoresOf(bin)] as const);
    this.#scores = new Map(
      bins.flatMap(([bin, scores]) => (scores ? [[bin, sharesAsRare(scores.counts, smoothed)]] : [])),
    );
  }

  of(observation: Observation): Deviation {
    const { picture } = observation;
    const counted = countedPredictions(observation);
    const looked = new Map<string, { readonly share: number; readonly times: number }>();
    const look = (feature: string, shares: Float64Array | undefined, bin: number): void => {
      const share = shares?.[bin];
      if (share === undefined) return;
      const before = looked.get(feature) ?? { share: 1, times: 0 };
      looked.set(feature, { share: Math.min(before.share, share), times: before.times + 1 });
    };
    if (picture)
      for (const name of ['brightness', 'contrast', 'sharpness'] as const)
        look(name, this.#plain[name], SCALES[name].binOf(picture[name]));
    look('objects', this.#plain.objects, SCALES.objects.binOf(counted.length));
    for (const { classId, score, box } of counted) {
      const bin = classId % CLASS_BINS;
      look('classes', this.#classes, bin);
      look('scores', this.#scores.get(bin), SCALES.score.binOf(score));
      if (box) look('size', this.#plain.size, SCALES.size.binOf((box[2] - box[0]) * (box[3] - box[1])));
    }
    let rarest: Deviation = { feature: 'objects', share: 1 };
    for (const [feature, { share, times }] of looked) {
      const corrected = share * times * looked.size;
      if (corrected < rarest.share) rarest = { feature, share: Number(corrected.toPrecision(4)) };
    }
    return rarest;
  }
}

/** A bin with its neighbors: an empty one amid full ones is chance. */
function smoothed(counts: Float64Array): Float64Array {
  return counts.map((times, bin) => times + (counts[bin - 1] ?? 0) + (counts[bin + 1] ?? 0));
}

/** Of each bin, the share of all that lies in bins which are not denser; empty if nothing was counted. */
function sharesAsRare(counts: Float64Array, densityOf: (counts: Float64Array) => Float64Array): Float64Array {
  const total = counts.reduce((sum, times) => sum + times, 0);
  if (total === 0) return new Float64Array(0);
  const density = densityOf(counts);
  return density.map((own) => {
    const asRare = counts.reduce((sum, times, bin) => ((density[bin] as number) <= own ? sum + times : sum), 0);
    return (asRare + 1) / (total + 1);
  });
}
