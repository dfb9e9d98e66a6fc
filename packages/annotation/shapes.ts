import type { Point, Prediction } from '#packages/model-package';
import { paintMask, skeletonOf } from '#packages/shapes';

import { BLACK, colorOf, WHITE } from './palette.ts';
import { drawLines } from './pen/lines.ts';
import type { Line } from './pen/lines.ts';
import { strokeRect } from './pen/rect.ts';
import type { Rect } from './pen/rect.ts';
import { scratchMask } from './surface/scratch-mask.ts';
import type { Scale } from './scale.ts';
import type { Rgb, Surface } from './surface/surface.ts';

/** Everything of a prediction but its label: its pixels, the frame, upright or turned, and the key points. Dark edges make it stand out on any ground. */
export function drawShape(surface: Surface, prediction: Prediction, rect: Rect, scale: Scale): void {
  const color = colorOf(prediction.classId).fill;
  if (prediction.mask) fillMask(surface, prediction.mask, rect, color);
  if (prediction.corners) drawTurned(surface, prediction.corners, prediction.classId, scale);
  else {
    strokeRect(surface, rect, scale.line * 1.8, { radius: scale.line, color: BLACK, opacity: 0.55 });
    strokeRect(surface, rect, scale.line, { radius: scale.line, color, opacity: 1 });
  }
  if (prediction.keypoints) drawPose(surface, prediction.keypoints, prediction.classId, scale);
}

/** Light enough to see the object through it. */
const MASK_OPACITY = 0.45;

/** Also of what has no box: then over the whole picture. */
export function fillMask(surface: Surface, mask: NonNullable<Prediction['mask']>, rect: Rect, color: Rgb): void {
  const [left, top] = [Math.max(0, Math.floor(rect.x)), Math.max(0, Math.floor(rect.y))];
  const right = Math.min(surface.width, Math.ceil(rect.x + rect.width));
  const bottom = Math.min(surface.height, Math.ceil(rect.y + rect.height));
  const { width, height } = surface;
  const shape = scratchMask(left, top, right - left, bottom - top);
  if (shape.width === 0 || shape.height === 0) return;
  const region = [left / width, top / height, right / width, bottom / height] as const;
  paintMask(mask, region, shape.width, shape.height).forEach((inside, at) => (shape.coverage[at] = 255 * inside));
  surface.blend(shape, color, MASK_OPACITY);
}

function drawTurned(surface: Surface, corners: readonly Point[], classId: number, { line }: Scale): void {
  const edges = corners.map((corner, at) => lineOf(surface, corner, corners[(at + 1) % corners.length] as Point));
  drawLines(surface, edges, { width: line * 1.8, color: BLACK, opacity: 0.55 });
  drawLines(surface, edges, { width: line, color: colorOf(classId).fill, opacity: 1 });
}

function drawPose(surface: Surface, keypoints: Prediction['keypoints'], classId: number, { line }: Scale): void {
  const { points, limbs } = skeletonOf(keypoints ?? []);
  if (points.length === 0) return;
  const dots = points.map((point) => lineOf(surface, point, point));
  const bones = limbs.map(([from, to]) => lineOf(surface, from, to));
  const color = colorOf(classId).fill;
  if (bones.length > 0) {
    drawLines(surface, bones, { width: line * 1.8, color: BLACK, opacity: 0.55 });
    drawLines(surface, bones, { width: line, color, opacity: 1 });
  }
  drawLines(surface, dots, { width: line * 3, color: BLACK, opacity: 0.8 });
  drawLines(surface, dots, { width: line * 2, color: WHITE, opacity: 1 });
}

function lineOf({ width, height }: Surface, from: readonly [number, number, number?], to: typeof from): Line {
  return { x0: from[0] * width, y0: from[1] * height, x1: to[0] * width, y1: to[1] * height };
}
