import { countScale, linearScale, octaveScale } from './scale.ts';
import type { Scale } from './scale.ts';

/** The features of each picture and each answer, and the scale that counts them. */
export const SCALES = {
  /** Mean brightness of a picture, 0 to 255: four steps a bin. */
  brightness: linearScale(0, 256, 64),
  /** Deviation of the brightness over its mean: a sixth of an octave a bin. */
  contrast: octaveScale(-8, 2, 6),
  /** Detail over contrast: a sixth of an octave a bin. */
  sharpness: octaveScale(-6, 4, 6),
  /** Predictions of a picture. */
  objects: countScale(12, 24),
  /** Area of an object as a share of the picture: half an octave a bin. */
  size: octaveScale(-16, 0, 2),
  /** Score of a prediction, 0 to 1. */
  score: linearScale(0, 1, 20),
} as const satisfies Readonly<Record<string, Scale>>;

/** Features that are counted once for each picture or prediction, whatever its class. */
export const PLAIN_FEATURES = ['brightness', 'contrast', 'sharpness', 'objects', 'size'] as const;
export type PlainFeature = (typeof PLAIN_FEATURES)[number];

/** Classes beyond so many share a count with an earlier one, `classId` modulo this, so that a sketch stays small. */
export const CLASS_BINS = 64;
/** Longer vectors of models of the task `embedding` do not count, so that a sketch stays small. */
export const MAX_DIMENSIONS = 4_096;
/** Columns and rows of the picture's layout. */
export const LAYOUT = { columns: 8, rows: 6 } as const;
