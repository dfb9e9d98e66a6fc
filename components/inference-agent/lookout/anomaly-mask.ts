import type { HeatMap } from '#packages/model-package';
import { HeatCells } from '#packages/shapes';
import type { Bitmap } from './messages.ts';

/** Of what is normal and of what is not. */
const [BACKGROUND, ANOMALY] = ['#FFFFFF', '#E61428'] as const;

export interface MaskedAnomalies {
  readonly pixels: Uint8Array;
  /** Parts of the image, 0 to 1. */
  readonly areas: readonly { readonly name: string; readonly color: string; readonly share: number }[];
}

/** The pixels of an image that are above the threshold, in a color of their own, and all others white. */
export function maskOf(
  heatMap: HeatMap,
  threshold: number,
  { width, height }: Pick<Bitmap, 'width' | 'height'>,
): MaskedAnomalies | undefined {
  const cells = HeatCells.read(heatMap);
  if (!cells) return undefined;
  const pixels = new Uint8Array(3 * width * height).fill(255);
  const color = Buffer.from(ANOMALY.slice(1), 'hex');
  let count = 0;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      if (!(cells.at((x + 0.5) / width, (y + 0.5) / height) > threshold)) continue;
      pixels.set(color, at);
      count++;
    }
  }
  const share = count / (width * height);
  const anomaly = { name: 'anomaly', color: ANOMALY, share };
  return {
    pixels,
    areas: [{ name: 'background', color: BACKGROUND, share: 1 - share }, ...(count > 0 ? [anomaly] : [])],
  };
}
