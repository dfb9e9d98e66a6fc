import type { Prediction } from './prediction.ts';

/** A known vector of length 1, and what it is a picture of. */
export interface GalleryVector {
  readonly name: string;
  readonly vector: Float32Array;
}

/** Label of what is like nothing that is known. */
const UNKNOWN = 'unknown';

/** Scaled to length 1; undefined if it does not have a direction. */
export function unitVector(values: ArrayLike<number>): Float32Array | undefined {
  let squares = 0;
  for (let at = 0; at < values.length; at++) squares += (values[at] as number) ** 2;
  const length = Math.sqrt(squares);
  if (!(length > 0 && Number.isFinite(length))) return undefined;
  return Float32Array.from(values, (value) => value / length);
}

/** The text that `embedding` of a prediction is. */
export function embeddingText(vector: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(4 * vector.length));
  vector.forEach((value, at) => bytes.setFloat32(4 * at, value, true));
  return Buffer.from(bytes.buffer).toString('base64');
}

/** The vector of such a text, scaled to length 1; undefined if it does not hold one. */
export function vectorOf(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % 4 !== 0) return undefined;
  return unitVector(Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at)));
}

/** Cosine of the angle between two vectors of length 1, -1..1; NaN if they do not have as many numbers. */
export function cosine(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return NaN;
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}

/**
 * Calls a picture by the name of the nearest known vector, or `unknown` if none is near enough. Vectors of another size are passed over.
 * @param prediction its threshold is the lowest cosine that is near enough; what it says stays unless the gallery has a nearer one
 */
export function judgeEmbedding(
  prediction: Prediction & { readonly embedding: string },
  gallery: readonly GalleryVector[],
): Prediction {
  const { threshold = 0 } = prediction;
  const vector = gallery.length === 0 ? undefined : vectorOf(prediction.embedding);
  if (!vector) return prediction;
  let [score, label] = [prediction.score, prediction.label];
  for (const known of gallery) {
    const near = cosine(vector, known.vector);
    if (near > score) [score, label] = [Math.min(1, near), near >= threshold ? known.name : UNKNOWN];
  }
  return { ...prediction, classId: label === UNKNOWN ? 0 : 1, label, score };
}

/** A picture before it was compared with anything. */
export function unknownEmbedding(vector: Float32Array, threshold: number): Prediction & { readonly embedding: string } {
  return { classId: 0, label: UNKNOWN, score: 0, threshold, embedding: embeddingText(vector) };
}
