import type { Yolov8Output } from '#packages/model-package';

import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { outputName, outputTensor } from './outputs.ts';
import { ScoredRows } from './scored-rows.ts';

/**
 * YOLOv8, v9, 11 and 12 exports, transposed [1, 4 + C, N]: center, size and classes, no objectness; score = best class.
 * Source: Ultralytics, nn/modules/head.py (Detect) and utils/nms.py, read as a specification.
 */
export function yolov8Decoder(spec: Yolov8Output, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  const { scoreThreshold } = spec;
  const rows = new ScoredRows({ output: name, labels: context.labels.length, rows: 'raw', scoreThreshold });
  return {
    fetches: [name],
    decode(outputs, placement) {
      const addBox = boxAdder(candidates, 'cxcywh', spec.coordinates, placement);
      candidates.clear();
      rows.read(outputTensor(outputs, name), 0, addBox);
      return toDetections(candidates, spec, placement, context);
    },
  };
}
