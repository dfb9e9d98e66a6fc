import type { KeyPoint, Point, Prediction, Quad } from './prediction.ts';

/** Decimals that are kept. */
interface Decimals {
  readonly score: number;
  /** Of everything that is a fraction of the image: four are a tenth of a pixel in 1080p. */
  readonly place: number;
}

/** A prediction for people and messages: its numbers shortened, whatever it holds. Runs of a mask and heat maps are whole numbers and stay. */
export function shortened(prediction: Prediction, decimals: Decimals): Prediction {
  const { box, keypoints, corners, angle, mask, share } = prediction;
  const score = (value: number): number => rounded(value, decimals.score);
  const place = (value: number): number => rounded(value, decimals.place);
  return {
    ...prediction,
    score: score(prediction.score),
    ...(box ? { box: [place(box[0]), place(box[1]), place(box[2]), place(box[3])] } : {}),
    ...(keypoints
      ? {
          keypoints: keypoints.map(([x, y, seen]): KeyPoint =>
            seen === undefined ? [place(x), place(y)] : [place(x), place(y), score(seen)],
          ),
        }
      : {}),
    ...(corners ? { corners: corners.map(([x, y]): Point => [place(x), place(y)]) as unknown as Quad } : {}),
    ...(share === undefined ? {} : { share: place(share) }),
    ...(angle === undefined ? {} : { angle: place(angle) }),
    ...(mask && 'polygons' in mask ? { mask: { polygons: mask.polygons.map((outline) => outline.map(place)) } } : {}),
  };
}

function rounded(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
