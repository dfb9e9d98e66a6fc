import type { YunetOutput } from '#packages/model-package';

import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { FaceCandidates } from './face-points.ts';
import { gridOf, headNumbers } from './head-grids.ts';
import { outputName } from './outputs.ts';

/**
 * YuNet of 2023: for each cell score and objectness, whose geometric mean counts, offset of the center and log size in strides, and 5 points
 * (right eye, left eye, nose, right and left corner of the mouth) from the corner of the cell.
 * Source: OpenCV, modules/objdetect/src/face_detect.cpp, read as a specification.
 */
export function yunetDecoder(spec: YunetOutput, context: DecoderContext): OutputDecoder {
  const faces = new FaceCandidates();
  const fetches = spec.heads.flatMap(({ scores, objectness, boxes, points }) => [scores, objectness, boxes, points]);
  for (const name of fetches) outputName(name, context.outputs, 'heads');
  return {
    fetches,
    decode(outputs, placement) {
      faces.clear();
      for (const head of spec.heads) {
        const { columns, rows } = gridOf(head.stride, placement);
        const numbers = (name: string, perRow: number) => headNumbers(outputs, name, columns * rows, perRow);
        const [scores, objectness] = [numbers(head.scores, 1), numbers(head.objectness, 1)];
        const [boxes, offsets] = [numbers(head.boxes, 4), numbers(head.points, 10)];
        const [toX, toY] = [head.stride / placement.width, head.stride / placement.height];
        for (let cell = 0; cell < columns * rows; cell++) {
          const score = Math.sqrt(unit(scores[cell] as number) * unit(objectness[cell] as number));
          if (!(score >= spec.scoreThreshold)) continue;
          const [column, row] = [cell % columns, Math.trunc(cell / columns)];
          const x = (column + (boxes[4 * cell] as number)) * toX;
          const y = (row + (boxes[4 * cell + 1] as number)) * toY;
          const halfWidth = (Math.exp(boxes[4 * cell + 2] as number) * toX) / 2;
          const halfHeight = (Math.exp(boxes[4 * cell + 3] as number) * toY) / 2;
          const box = [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight] as const;
          faces.add(box, score, { column, row, toX, toY }, offsets, cell);
        }
      }
      return faces.detections(spec, placement, context);
    },
  };
}

function unit(value: number): number {
  return Math.min(1, Math.max(0, value));
}
