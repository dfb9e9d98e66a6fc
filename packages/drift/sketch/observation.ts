/** A picture in a few numbers; `packages/vision` measures them and says how. */
interface PictureStatistics {
  /** Mean brightness, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the brightness over its mean. */
  readonly contrast: number;
  /** Detail over contrast. */
  readonly sharpness: number;
  /** Brightness of 8 × 6 parts, row by row, 0 to 255. */
  readonly layout: Uint8Array;
}

/** One picture and its answer. */
export interface Observation {
  /** Best first. Of predictions without a box the best one alone counts, since a classifier always names as many. */
  readonly predictions: readonly {
    readonly classId: number;
    readonly score: number;
    readonly box?: readonly [x0: number, y0: number, x1: number, y1: number];
    /** Float32 numbers, little-endian, in base64. */
    readonly embedding?: string;
  }[];
  /** Undefined if nobody has looked at the picture. */
  readonly picture?: PictureStatistics | undefined;
}

/** Predictions that count: those with a box, or the best one alone, of classes that are numbers from 0 on. */
export function countedPredictions({ predictions }: Observation): Observation['predictions'] {
  return predictions.filter(
    ({ classId, box }, index) => Number.isSafeInteger(classId) && classId >= 0 && (box !== undefined || index === 0),
  );
}
