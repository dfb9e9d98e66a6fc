import type { Prediction } from '#packages/model-package';

import { boxElements } from './boxes.ts';
import { panelElements } from './panel.ts';
import { scaleOf } from './scale.ts';
import type { Canvas } from './scale.ts';

/** An SVG of the picture's size with boxes, labels and scores; predictions without a box become a panel of bars. */
export function overlaySvg(predictions: readonly Prediction[], canvas: Canvas): string {
  const scale = scaleOf(canvas);
  const boxed = predictions.filter((prediction) => prediction.box);
  const unboxed = predictions.filter((prediction) => !prediction.box);
  const elements = [...boxElements(boxed, canvas, scale), ...panelElements(unboxed, canvas, scale)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${canvas.height}">${elements.join('')}</svg>`;
}
