import type { SsdOutput } from '#packages/model-package';

import type { Size } from '../resize/geometry.ts';
import type { Candidates } from './candidates.ts';
import type { Numbers } from './outputs.ts';

export type AddBox = (boxes: Numbers, at: number, score: number, classId: number) => void;

/** Adds the four numbers from `at` on as corners in fractions of the model's input, which has this many pixels. */
export function boxAdder(
  candidates: Candidates,
  format: SsdOutput['boxFormat'],
  coordinates: SsdOutput['coordinates'],
  input: Size,
): AddBox {
  const scaleX = coordinates === 'pixels' ? 1 / input.width : 1;
  const scaleY = coordinates === 'pixels' ? 1 / input.height : 1;
  return (boxes, at, score, classId) => {
    const a = boxes[at] as number;
    const b = boxes[at + 1] as number;
    const c = boxes[at + 2] as number;
    const d = boxes[at + 3] as number;
    switch (format) {
      case 'xyxy':
        return candidates.add(a * scaleX, b * scaleY, c * scaleX, d * scaleY, score, classId);
      case 'yxyx':
        return candidates.add(b * scaleX, a * scaleY, d * scaleX, c * scaleY, score, classId);
      case 'cxcywh':
        return candidates.add(
          (a - c / 2) * scaleX,
          (b - d / 2) * scaleY,
          (a + c / 2) * scaleX,
          (b + d / 2) * scaleY,
          score,
          classId,
        );
    }
  };
}
