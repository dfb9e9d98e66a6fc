import type { Prediction } from '#packages/model-package';
import { boxIou } from '#packages/vision';
import type { TrueObject } from './held-back-set.ts';

/** Overlap from which a box counts as found. */
const SAME = 0.5;

/**
 * Mean over the labels that occur of the area under the envelope of precision over recall (PASCAL VOC 2010 and later, all points; the
 * VOC2012 development kit, 3.4.1). Predictions below the threshold of the package never come here, so recall ends there.
 *
 * @param truth objects of each picture
 * @param found predictions for each picture
 */
export function meanAveragePrecision(
  truth: readonly (readonly TrueObject[])[],
  found: readonly (readonly Prediction[])[],
): number {
  const labels = [...new Set(truth.flat().map(({ label }) => label))];
  const sum = labels.reduce((total, label) => total + averagePrecision(label, truth, found), 0);
  return labels.length === 0 ? 0 : sum / labels.length;
}

function averagePrecision(
  label: string,
  truth: readonly (readonly TrueObject[])[],
  found: readonly (readonly Prediction[])[],
): number {
  const wanted = truth.map((objects) => objects.filter((object) => object.label === label));
  const count = wanted.reduce((sum, objects) => sum + objects.length, 0);
  const ranked = found
    .flatMap((predictions, picture) =>
      predictions.flatMap(({ label: name, score, box }) => (name === label && box ? [{ picture, score, box }] : [])),
    )
    .sort((one, other) => other.score - one.score);
  const taken = new Set<TrueObject>();
  const points: { recall: number; precision: number }[] = [];
  for (const [index, { picture, box }] of ranked.entries()) {
    const best = (wanted[picture] ?? [])
      .map((object) => ({ object, overlap: boxIou(object.box, box) }))
      .reduce((one, other) => (other.overlap > one.overlap ? other : one), { object: undefined, overlap: 0 } as Match);
    // The second box on one object is a mistake.
    if (best.object && best.overlap >= SAME) taken.add(best.object);
    points.push({ recall: taken.size / count, precision: taken.size / (index + 1) });
  }
  return areaUnder(points);
}

interface Match {
  readonly object: TrueObject | undefined;
  readonly overlap: number;
}

/** The best precision at this recall or a higher one, over the recall. */
function areaUnder(points: readonly { readonly recall: number; readonly precision: number }[]): number {
  let [area, best] = [0, 0];
  for (let index = points.length - 1; index >= 0; index--) {
    const { recall = 0, precision = 0 } = points[index] ?? {};
    best = Math.max(best, precision);
    area += (recall - (points[index - 1]?.recall ?? 0)) * best;
  }
  return area;
}
