import type { KeyPoint, Yolov8PoseOutput } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import { boxAdder } from './box-format.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { clip, toDetections } from './detections.ts';
import { outputName, outputTensor } from './outputs.ts';
import { ScoredRows } from './scored-rows.ts';
import type { ScoredTable } from './scored-rows.ts';

/**
 * Poses of YOLOv8, 11 and 12 as [1, 4 + C + K·V, N], and of YOLO26 and `nms=True` as finished rows [1, N, 6 + K·V]: after box and
 * classes x, y and, with V = 3, the score of each of K key points. As in the reference, points outside the image are put on its edge.
 * Source: Ultralytics, nn/modules/head.py (Pose, Pose26) and models/yolo/pose/predict.py, read as a specification.
 */
export function yolov8PoseDecoder(spec: Yolov8PoseOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  const { scoreThreshold } = spec;
  const rows = new ScoredRows({ output: name, labels: context.labels.length, rows: spec.rows, scoreThreshold });
  const [count, numbers] = spec.keypoints;
  return {
    fetches: [name],
    decode(outputs, placement) {
      const format = spec.rows === 'raw' ? 'cxcywh' : 'xyxy';
      const addBox = boxAdder(candidates, format, spec.coordinates, placement);
      candidates.clear();
      const table = rows.read(outputTensor(outputs, name), count * numbers, addBox);
      const scale = spec.coordinates === 'pixels' ? placement : { width: 1, height: 1 };
      return toDetections(candidates, spec, placement, context, {
        more: (index) => {
          const place = candidates.places[index] as number;
          const keypoints = keyPointsAt(place, table, spec.keypoints, scale, placement);
          // As with boxes: a broken export must not put out what is not a number.
          return keypoints.flat().every(Number.isFinite) ? { keypoints } : undefined;
        },
      });
    },
  };
}

function keyPointsAt(
  at: number,
  { values, step, more }: ScoredTable,
  [count, numbers]: Yolov8PoseOutput['keypoints'],
  scale: { readonly width: number; readonly height: number },
  placement: Placement,
): readonly KeyPoint[] {
  return Array.from({ length: count }, (_, point): KeyPoint => {
    const place = at + (more + point * numbers) * step;
    const x = clip(((values[place] as number) / scale.width) * placement.scaleX + placement.offsetX);
    const y = clip(((values[place + step] as number) / scale.height) * placement.scaleY + placement.offsetY);
    return numbers === 3 ? [x, y, values[place + 2 * step] as number] : [x, y];
  });
}
