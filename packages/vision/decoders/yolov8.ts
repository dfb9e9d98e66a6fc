import type { Yolov8Output } from '#packages/model-package';

import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import type { Numbers } from './outputs.ts';
import { rowsOf } from './rows.ts';
import type { Rows } from './rows.ts';

/**
 * YOLOv8, v9, 11 and 12 exports, transposed [1, 4 + C, N]: centre, size and classes, no objectness; score = best class.
 * Source: Ultralytics, nn/modules/head.py (Detect) and utils/nms.py, read as a specification.
 */
export function yolov8Decoder(spec: Yolov8Output, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  const expected = context.labels.length > 0 ? 4 + context.labels.length : undefined;
  let best: BestClasses = { scores: new Float64Array(0), classes: new Int32Array(0) };
  return {
    fetches: [name],
    decode(outputs, placement) {
      const scaleX = spec.coordinates === 'pixels' ? 1 / placement.width : 1;
      const scaleY = spec.coordinates === 'pixels' ? 1 / placement.height : 1;
      const tensor = outputTensor(outputs, name);
      const rows = rowsOf(tensor.shape, expected, 'rows-last');
      if (!rows || rows.width < 5) throw unexpectedShape(name, tensor.shape, `[1, ${expected ?? '4 + classes'}, N]`);
      const values = numbersOf(tensor);
      if (best.scores.length !== rows.count) {
        best = { scores: new Float64Array(rows.count), classes: new Int32Array(rows.count) };
      }
      findBest(values, rows, best);
      candidates.clear();
      for (let row = 0; row < rows.count; row++) {
        const score = best.scores[row] as number;
        if (!(score >= spec.scoreThreshold)) continue;
        const at = row * rows.rowStep;
        const x = (values[at] as number) * scaleX;
        const y = (values[at + rows.step] as number) * scaleY;
        const halfWidth = ((values[at + 2 * rows.step] as number) * scaleX) / 2;
        const halfHeight = ((values[at + 3 * rows.step] as number) * scaleY) / 2;
        candidates.add(
          x - halfWidth,
          y - halfHeight,
          x + halfWidth,
          y + halfHeight,
          score,
          best.classes[row] as number,
        );
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

interface BestClasses {
  readonly scores: Float64Array;
  readonly classes: Int32Array;
}

/** Class by class, because that is how the numbers lie in memory. */
function findBest(values: Numbers, rows: Rows, best: BestClasses): void {
  best.scores.fill(-Infinity);
  best.classes.fill(0);
  for (let column = 4; column < rows.width; column++) {
    let at = column * rows.step;
    for (let row = 0; row < rows.count; row++, at += rows.rowStep) {
      const score = values[at] as number;
      if (score > (best.scores[row] as number)) {
        best.scores[row] = score;
        best.classes[row] = column - 4;
      }
    }
  }
}
