import type { Prediction } from '#packages/model-package';

import { drawBoxes } from './boxes.ts';
import { drawHeat } from './heat.ts';
import { drawPanel } from './panel.ts';
import { scaleOf } from './scale.ts';
import type { Surface } from './surface/surface.ts';

/** Heat maps; boxes with masks and key points, labels and scores; predictions without a box become a panel of bars. */
export function drawOverlay(surface: Surface, predictions: readonly Prediction[]): void {
  const scale = scaleOf(surface);
  for (const prediction of predictions) drawHeat(surface, prediction);
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
