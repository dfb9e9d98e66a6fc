import type { Prediction } from '#packages/model-package';

import { drawBoxes } from './boxes.ts';
import { drawHeat } from './heat.ts';
import { colorOf } from './palette.ts';
import { drawPanel } from './panel.ts';
import { scaleOf } from './scale.ts';
import { fillMask } from './shapes.ts';
import type { Surface } from './surface/surface.ts';

/** Heat maps and classes of pixels; boxes with masks and key points, labels and scores; predictions without a box become a panel of bars. */
export function drawOverlay(surface: Surface, predictions: readonly Prediction[]): void {
  const scale = scaleOf(surface);
  const whole = { x: 0, y: 0, width: surface.width, height: surface.height };
  for (const prediction of predictions) {
    drawHeat(surface, prediction);
    if (prediction.mask && !prediction.box) fillMask(surface, prediction.mask, whole, colorOf(prediction.classId).fill);
  }
  drawBoxes(
    surface,
    predictions.filter((prediction) => prediction.box),
    scale,
  );
  drawPanel(
    surface,
    predictions.filter((prediction) => !prediction.box),
    scale,
  );
}
