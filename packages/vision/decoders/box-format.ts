import type { SsdOutput } from '#packages/model-package';

import type { Size } from '../resize/geometry.ts';
import type { Candidates } from './candidates.ts';
import type { Numbers } from './outputs.ts';

/** `at`: the first number of the box; the next ones are `step` further on each, by default 1. */
export type AddBox = (boxes: Numbers, at: number, score: number, classId: number, step?: number) => void;

/** Adds the four numbers as corners in fractions of the model's input, which has this many pixels. */
export function boxAdder(
  candidates: Candidates,
  format: SsdOutput['boxFormat'],
  coordinates: SsdOutput['coordinates'],
  input: Size,
): AddBox {
  const scaleX = coordinates === 'pixels' ? 1 / input.width : 1;
  const scaleY = coordinates === 'pixels' ? 1 / input.height : 1;
  return (boxes, at, score, classId, step = 1) => {
    const a = boxes[at] as number;
    const b = boxes[at + step] as number;
    const c = boxes[at + 2 * step] as number;
    const d = boxes[at + 3 * step] as number;
    switch (format) {
      case 'xyxy':
        return candidates.add(a * scaleX, b * scaleY, c * scaleX, d * scaleY, score, classId, at);
      case 'yxyx':
        return candidates.add(b * scaleX, a * scaleY, d * scaleX, c * scaleY, score, classId, at);
      case 'cxcywh':
        return candidates.add(
          (a - c / 2) * scaleX,
          (b - d / 2) * scaleY,
          (a + c / 2) * scaleX,
          (b + d / 2) * scaleY,
          score,
          classId,
          at,
        );
    }
  };
}
