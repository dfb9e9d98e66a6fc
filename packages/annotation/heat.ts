import type { Prediction } from '#packages/model-package';
import { HeatCells } from '#packages/shapes';
import { scratchMask } from './surface/scratch-mask.ts';
import type { Rgb, Surface } from './surface/surface.ts';

const [AMBER, RED]: readonly [Rgb, Rgb] = [
  [255, 176, 0],
  [230, 20, 40],
];
/** Light enough to see the part through it. */
const OPACITY = 0.6;
/** Amber begins at this share of the threshold; red begins at the threshold, at half of its strength. */
const WARM = 0.8;

/** Lays amber over what comes near to an anomaly, and red over what is one. */
export function drawHeat(surface: Surface, { heatMap, threshold = 0.5 }: Prediction): void {
  const cells = heatMap && HeatCells.read(heatMap);
  if (!cells) return;
  const { width, height } = surface;
  const warmth = scratchMask(0, 0, width, height);
  const paint = (strength: (value: number) => number): void => {
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        warmth.coverage[at] = 255 * Math.min(1, Math.max(0, strength(cells.at((x + 0.5) / width, (y + 0.5) / height))));
      }
    }
  };
  const warm = WARM * threshold;
  paint((value) => (value - warm) / Math.max(0.01, threshold - warm));
  surface.blend(warmth, AMBER, OPACITY / 2);
  paint((value) => (value > threshold ? 0.5 + (value - threshold) / Math.max(0.01, 1 - threshold) : 0));
  surface.blend(warmth, RED, OPACITY);
}
