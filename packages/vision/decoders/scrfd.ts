import type { ScrfdOutput } from '#packages/model-package';

import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { FaceCandidates } from './face-points.ts';
import { gridOf, headNumbers } from './head-grids.ts';
import { outputName } from './outputs.ts';

/**
 * SCRFD: for each anchor of each cell a score, the distances of the four sides and 5 points (left eye, right eye, nose, left and right corner
 * of the mouth, as they are in the picture), in strides from the corner of the cell.
 * Sources: Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", 2021; InsightFace,
 * python-package/insightface/model_zoo/scrfd.py, read as a specification.
 */
export function scrfdDecoder(spec: ScrfdOutput, context: DecoderContext): OutputDecoder {
  const faces = new FaceCandidates();
  const fetches = spec.heads.flatMap(({ scores, boxes, points }) => [scores, boxes, points]);
  for (const name of fetches) outputName(name, context.outputs, 'heads');
  return {
    fetches,
    decode(outputs, placement) {
      faces.clear();
      for (const head of spec.heads) {
        const { columns, rows } = gridOf(head.stride, placement);
        const count = columns * rows * spec.anchors;
        const scores = headNumbers(outputs, head.scores, count, 1);
        const boxes = headNumbers(outputs, head.boxes, count, 4);
        const offsets = headNumbers(outputs, head.points, count, 10);
        const [toX, toY] = [head.stride / placement.width, head.stride / placement.height];
        for (let row = 0; row < count; row++) {
          const score = scores[row] as number;
          if (!(score >= spec.scoreThreshold)) continue;
          const cell = Math.trunc(row / spec.anchors);
          const [column, line] = [cell % columns, Math.trunc(cell / columns)];
          const [left = 0, top = 0, right = 0, bottom = 0] = [0, 1, 2, 3].map(
            (side) => boxes[4 * row + side] as number,
          );
          const box = [
            (column - left) * toX,
            (line - top) * toY,
            (column + right) * toX,
            (line + bottom) * toY,
          ] as const;
          faces.add(box, score, { column, row: line, toX, toY }, offsets, row);
        }
      }
      return faces.detections(spec, placement, context);
    },
  };
}
