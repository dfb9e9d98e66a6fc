import type { SsdFinishedOutput } from '#packages/model-package';

import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { numbersOf, outputName, outputTensor, unexpectedShape } from './outputs.ts';

/**
 * Detectors that end in suppression: boxes [1, N, 4], scores [1, N], classes [1, N] and, if given, the number of valid rows.
 * Source: TensorFlow Object Detection API, post_processing and exporter ("detection_boxes" …); torchvision detection models
 * give the same without a count and a batch.
 */
export function ssdFinishedDecoder(spec: SsdFinishedOutput, context: DecoderContext): OutputDecoder {
  const names = {
    boxes: outputName(spec.boxes, context.outputs, 'boxes'),
    scores: outputName(spec.scores, context.outputs, 'scores'),
    classes: outputName(spec.classes, context.outputs, 'classes'),
    ...(spec.count === undefined ? {} : { count: outputName(spec.count, context.outputs, 'count') }),
  };
  const candidates = new Candidates();
  return {
    fetches: Object.values(names),
    decode(outputs, placement) {
      const addBox = boxAdder(candidates, spec.boxFormat, spec.coordinates, placement);
      const boxes = numbersOf(outputTensor(outputs, names.boxes));
      const scores = numbersOf(outputTensor(outputs, names.scores));
      const classes = numbersOf(outputTensor(outputs, names.classes));
      const rows = scores.length;
      if (boxes.length !== 4 * rows)
        throw unexpectedShape(
          names.boxes,
          outputTensor(outputs, names.boxes).shape,
          `[1, ${rows}, 4] as there are ${rows} scores`,
        );
      if (classes.length !== rows)
        throw unexpectedShape(
          names.classes,
          outputTensor(outputs, names.classes).shape,
          `[1, ${rows}] as there are ${rows} scores`,
        );
      const valid =
        names.count === undefined
          ? rows
          : Math.min(rows, Number(numbersOf(outputTensor(outputs, names.count))[0] ?? 0));
      candidates.clear();
      for (let row = 0; row < valid; row++) {
        const score = scores[row] as number;
        const classId = classes[row] as number;
        if (score >= spec.scoreThreshold && classId >= 0)
          addBox(boxes, 4 * row, score, Math.round(classId) + spec.classOffset);
      }
      return toDetections(candidates, spec, placement, context);
    },
  };
}
