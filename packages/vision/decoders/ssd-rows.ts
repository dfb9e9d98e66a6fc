import type { SsdRowsOutput } from '#packages/model-package';

import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';

/**
 * Detectors that end in one tensor of rows; rows with a negative class or image are empty.
 * Sources: MXNet MultiBoxDetection ([class, score, box], also of SageMaker's object detection), Caffe SSD DetectionOutput
 * ([image, class, score, box]), Ultralytics end-to-end exports ([box, score, class]).
 */
export function ssdRowsDecoder(spec: SsdRowsOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  return {
    fetches: [name],
    decode(outputs, placement) {
      const addBox = boxAdder(candidates, spec.boxFormat, spec.coordinates, placement);
      const tensor = outputTensor(outputs, name);
      const width = tensor.shape.at(-1) ?? 0;
      const columns = COLUMNS[spec.columns ?? (width === 7 ? 'image-class-score-box' : 'class-score-box')];
      if (width !== columns.width)
        throw unexpectedShape(name, tensor.shape, `[1, N, ${columns.width}] for ${columns.words}`);
      const values = numbersOf(tensor);
      candidates.clear();
      for (let at = 0; at < values.length; at += width) {
        const score = values[at + columns.score] as number;
        const classId = values[at + columns.classId] as number;
        const used = columns.image === undefined || (values[at + columns.image] as number) >= 0;
        if (score >= spec.scoreThreshold && classId >= 0 && used)
          addBox(values, at + columns.box, score, Math.round(classId) + spec.classOffset);
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}

const COLUMNS = {
  'class-score-box': { width: 6, image: undefined, classId: 0, score: 1, box: 2, words: 'class, score and box' },
  'image-class-score-box': { width: 7, image: 0, classId: 1, score: 2, box: 3, words: 'image, class, score and box' },
  'box-score-class': { width: 6, image: undefined, box: 0, score: 4, classId: 5, words: 'box, score and class' },
} as const;
