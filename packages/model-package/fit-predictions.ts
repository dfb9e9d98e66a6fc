import type { Prediction } from './prediction.ts';

export interface FittedPredictions {
  readonly predictions: readonly Prediction[];
  /** Predictions that were left out. */
  readonly truncated: number;
  /** Predictions that stay without their mask, heat map or embedding. */
  readonly withoutMask: number;
}

/**
 * As many predictions as have room in a message: masks, heat maps and embeddings of the lowest scores go first, then the predictions with the lowest scores.
 * @param predictions best first
 * @param room bytes of JSON between the brackets of the list
 */
export function fitPredictions(predictions: readonly Prediction[], room: number): FittedPredictions {
  const bare = predictions.map(({ mask: _mask, heatMap: _map, embedding: _vector, ...rest }): Prediction => rest);
  // A comma more than there are: the first has none before it.
  let left = room + 1;
  const sizes = bare.map((one) => sizeOf(one) + 1);
  const firstLost = sizes.findIndex((size) => (left -= size) < 0);
  if (firstLost >= 0) {
    const withoutMask = predictions.slice(0, firstLost).filter(hasPixels).length;
    return { predictions: bare.slice(0, firstLost), truncated: bare.length - firstLost, withoutMask };
  }
  const firstBare = predictions.findIndex((one, at) => (left -= sizeOf(one) + 1 - (sizes[at] as number)) < 0);
  if (firstBare < 0) return { predictions, truncated: 0, withoutMask: 0 };
  const withoutMask = predictions.slice(firstBare).filter(hasPixels).length;
  return { predictions: [...predictions.slice(0, firstBare), ...bare.slice(firstBare)], truncated: 0, withoutMask };
}

/** Whether a prediction has what a message leaves out first. */
export function hasPixels({ mask, heatMap, embedding }: Prediction): boolean {
  return mask !== undefined || heatMap !== undefined || embedding !== undefined;
}

function sizeOf(prediction: Prediction): number {
  return Buffer.byteLength(JSON.stringify(prediction));
}
