import type { Point, Quad, Yolov8ObbOutput } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import { Candidates } from './candidates.ts';
import type { DecoderContext, OutputDecoder } from './decoder.ts';
import { toDetections } from './detections.ts';
import { outputName, outputTensor } from './outputs.ts';
import { ScoredRows } from './scored-rows.ts';
import { rotatedSelector } from './select-rotated.ts';
import type { RotatedBox } from './select-rotated.ts';

/**
 * Turned boxes of YOLOv8, 11 and 12 as [1, 4 + C + 1, N], and of YOLO26 and `nms=True` as finished rows [1, N, 7]: center, size, classes
 * and, last, the angle of the width in radians. The box is the upright one around the turned one.
 * Source: Ultralytics, nn/modules/head.py (OBB, OBB26), utils/ops.py (xywhr2xyxyxyxy, regularize_rboxes), read as a specification.
 */
export function yolov8ObbDecoder(spec: Yolov8ObbOutput, context: DecoderContext): OutputDecoder {
  const name = outputName(spec.output, context.outputs, 'output');
  const candidates = new Candidates();
  const { scoreThreshold } = spec;
  const rows = new ScoredRows({ output: name, labels: context.labels.length, rows: spec.rows, scoreThreshold });
  return {
    fetches: [name],
    decode(outputs, placement) {
      const unit = spec.coordinates === 'pixels' ? { width: 1, height: 1 } : placement;
      const turned = new Map<number, RotatedBox>();
      candidates.clear();
      rows.read(outputTensor(outputs, name), 1, (values, at, score, classId, step, more) => {
        const box = {
          x: (values[at] as number) * unit.width,
          y: (values[at + step] as number) * unit.height,
          width: (values[at + 2 * step] as number) * unit.width,
          height: (values[at + 3 * step] as number) * unit.height,
          angle: values[at + more * step] as number,
        };
        turned.set(at, box);
        addUpright(candidates, box, placement, score, classId, at);
      });
      const boxAt = (index: number): RotatedBox => turned.get(candidates.places[index] as number) as RotatedBox;
      return toDetections(candidates, spec, placement, context, {
        select: rotatedSelector(boxAt),
        more: (index) => ({ corners: cornersOf(boxAt(index), placement), angle: longAngle(boxAt(index)) }),
      });
    },
  };
}

function addUpright(
  candidates: Candidates,
  { x, y, width, height, angle }: RotatedBox,
  input: Pick<Placement, 'width' | 'height'>,
  score: number,
  classId: number,
  at: number,
): void {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  const halfX = (width * cos + height * sin) / 2;
  const halfY = (width * sin + height * cos) / 2;
  const { width: w, height: h } = input;
  candidates.add((x - halfX) / w, (y - halfY) / h, (x + halfX) / w, (y + halfY) / h, score, classId, at);
}

/** From the corner that is top left at angle 0, clockwise; not clipped, because a clipped rectangle is none. */
function cornersOf({ x, y, width, height, angle }: RotatedBox, placement: Placement): Quad {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const corner = (right: number, down: number): Point => {
    const alongX = (right * width) / 2;
    const alongY = (down * height) / 2;
    return [
      ((x + alongX * cos - alongY * sin) / placement.width) * placement.scaleX + placement.offsetX,
      ((y + alongX * sin + alongY * cos) / placement.height) * placement.scaleY + placement.offsetY,
    ];
  };
  return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
}

/** Of the longer side, 0..π. */
function longAngle({ width, height, angle }: RotatedBox): number {
  const long = (width >= height ? angle : angle + Math.PI / 2) % Math.PI;
  const positive = long < 0 ? long + Math.PI : long;
  // A tiny negative angle plus π is π itself.
  return positive >= Math.PI ? 0 : positive;
}
