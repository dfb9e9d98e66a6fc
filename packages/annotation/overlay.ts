import type { Prediction } from '#packages/model-package';

import { boxElements } from './boxes.ts';
import { panelElements } from './panel.ts';

export interface Canvas {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** Sizes of everything that is drawn, from the size of the picture. */
export interface Scale {
  /** Height of capitals. */
  readonly text: number;
  readonly line: number;
  readonly padding: number;
}

/** An SVG of the picture's size with boxes, labels and scores; predictions without a box become a panel of bars. */
export function overlaySvg(predictions: readonly Prediction[], canvas: Canvas): string {
  const scale = scaleOf(canvas);
  const boxed = predictions.filter((prediction) => prediction.box);
  const unboxed = predictions.filter((prediction) => !prediction.box);
  const elements = [...boxElements(boxed, canvas, scale), ...panelElements(unboxed, canvas, scale)];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${canvas.width}" height="${canvas.height}">${elements.join('')}</svg>`;
}

function scaleOf({ width, height }: Canvas): Scale {
  const edge = Math.min(width, height);
  const text = Math.min(28, Math.max(9, edge / 52));
  return { text, line: Math.min(7, Math.max(2, edge / 280)), padding: text * 0.55 };
}
