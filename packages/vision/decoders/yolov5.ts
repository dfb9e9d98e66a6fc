import type { Yolov5Output } from '#packages/model-package';

import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';
import { rowsOf } from './rows.ts';

/**
 * YOLOv5, v6 and v7 exports [1, N, 5 + C]: center, size, objectness and classes, all decoded in the graph.
 * score = objectness · best class. Source: Ultralytics YOLOv5, models/yolo.py (Detect) and utils/general.py (non_max_suppression),
 * read as a specification.
 */
export function yolov5Decoder(spec: Yolov5Output, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  const expected = context.labels.length > 0 ? 5 + context.labels.length : undefined;
  return {
    fetches: [name],
    decode(outputs, placement) {
      const scaleX = spec.coordinates === 'pixels' ? 1 / placement.width : 1;
      const scaleY = spec.coordinates === 'pixels' ? 1 / placement.height : 1;
      const tensor = outputTensor(outputs, name);
      const rows = rowsOf(tensor.shape, expected, 'rows-first');
      if (!rows || rows.width < 6) throw unexpectedShape(name, tensor.shape, `[1, N, ${expected ?? '5 + classes'}]`);
      const values = numbersOf(tensor);
      candidates.clear();
      for (let row = 0; row < rows.count; row++) {
        const at = row * rows.rowStep;
        const objectness = values[at + 4 * rows.step] as number;
        if (!(objectness >= spec.scoreThreshold)) continue;
        let best = -Infinity;
        let classId = 0;
        for (let column = 5; column < rows.width; column++) {
          const score = values[at + column * rows.step] as number;
          if (score > best) {
            best = score;
            classId = column - 5;
          }
        }
        const score = objectness * best;
        if (!(score >= spec.scoreThreshold)) continue;
        const x = (values[at] as number) * scaleX;
        const y = (values[at + rows.step] as number) * scaleY;
        const halfWidth = ((values[at + 2 * rows.step] as number) * scaleX) / 2;
        const halfHeight = ((values[at + 3 * rows.step] as number) * scaleY) / 2;
        candidates.add(x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight, score, classId);
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}
