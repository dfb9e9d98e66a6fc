import type { Box, Prediction } from '#packages/model-package';

import type { Placement } from '../resize/geometry.ts';
import type { Candidates } from './candidates.ts';
import type { DecoderContext } from './decoder.ts';
import { selectBoxes } from './nms.ts';
import type { NmsOptions } from './nms.ts';

/** Facts of a decoder about its boxes. */
interface Specialty {
  /** Suppression of another kind, with the arguments of `selectBoxes`. */
  readonly select?: typeof selectBoxes;
  /** Gives the further parts of a prediction, by the number of the candidate; undefined: the prediction is left out. */
  readonly more?: (index: number) => Partial<Prediction> | undefined;
}

/**
 * The last step of every detector: suppression, from the model's input to the image, clipping, labels.
 * A class without a label is called by its number. Boxes without any area inside the image are left out.
 */
export function toDetections(
  candidates: Candidates,
  options: NmsOptions,
  placement: Placement,
  { labels, onCandidates }: Pick<DecoderContext, 'labels' | 'onCandidates'>,
  { select = selectBoxes, more = () => ({}) }: Specialty = {},
): readonly Prediction[] {
  onCandidates?.(candidates.count, countFlat(candidates));
  const boxes = new Map<number, Box>();
  const kept = select(candidates, options, (index) => {
    const box = imageBox(candidates.boxes, 4 * index, placement);
    boxes.set(index, box);
    return box[2] > box[0] && box[3] > box[1];
  });
  return kept.flatMap((index) => {
    const classId = candidates.classes[index] as number;
    const rest = more(index);
    if (!rest) return [];
    const score = candidates.scores[index] as number;
    return [{ classId, label: labels[classId] ?? String(classId), score, box: boxes.get(index) as Box, ...rest }];
  });
}

/** Boxes without an area, whatever the image. */
function countFlat({ boxes, count }: Candidates): number {
  let flat = 0;
  for (let at = 0; at < 4 * count; at += 4) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = [0, 1, 2, 3].map((corner) => clip(boxes[at + corner] as number));
    if (!(x1 > x0 && y1 > y0)) flat++;
  }
  return flat;
}

function imageBox(boxes: Float64Array, at: number, placement: Placement): Box {
  return [
    clip((boxes[at] as number) * placement.scaleX + placement.offsetX),
    clip((boxes[at + 1] as number) * placement.scaleY + placement.offsetY),
    clip((boxes[at + 2] as number) * placement.scaleX + placement.offsetX),
    clip((boxes[at + 3] as number) * placement.scaleY + placement.offsetY),
  ];
}

/** To the image. */
export function clip(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
