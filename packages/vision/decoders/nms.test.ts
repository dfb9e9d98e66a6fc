import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { detectionOptions, floats } from '../../../testing/vision/decoder-rig.ts';
import { slowFinish } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';
import { Candidates } from './candidates.ts';
import { toDetections } from './detections.ts';
import { selectBoxes } from './nms.ts';

const WHOLE = { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0, width: 1, height: 1 };

function candidatesFrom(boxes: readonly PlainBox[]): Candidates {
  const candidates = new Candidates();
  for (const { box, score, classId } of boxes) candidates.add(...box, score, classId);
  return candidates;
}

/** Few different scores and places, so that ties and overlaps are common. */
const boxes: fc.Arbitrary<PlainBox[]> = fc.array(
  fc.record({
    score: fc.constantFrom(0.3, 0.5, 0.5, 0.7, 0.9),
    classId: fc.integer({ min: 0, max: 2 }),
    box: fc
      .tuple(floats(0, 0.6), floats(0, 0.6), floats(0.05, 0.4), floats(0.05, 0.4))
      .map(([x, y, w, h]): PlainBox['box'] => [x, y, x + w, y + h]),
  }),
  { maxLength: 60 },
);

describe('non-maximum suppression', () => {
  it('keeps what the obvious implementation keeps, in the same order', () => {
    fc.assert(
      fc.property(boxes, detectionOptions, (list, options) => {
        const output = { decoder: 'yolov5', coordinates: 'pixels', ...options, scoreThreshold: 0 } as const;
        expect(toDetections(candidatesFrom(list), options, WHOLE, { labels: ['a', 'b', 'c'] })).toEqual(
          slowFinish(list, output, WHOLE, ['a', 'b', 'c']),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('leaves no two boxes of a class that overlap more than allowed', () => {
    fc.assert(
      fc.property(boxes, (list) => {
        const options = { nms: 'agnostic', iouThreshold: 0.4, maxDetections: 100 } as const;
        const once = selectBoxes(candidatesFrom(list), options);
        const kept = once.map((index) => list[index] as PlainBox);
        // Doing it again changes nothing.
        expect(selectBoxes(candidatesFrom(kept), options)).toEqual(kept.map((_, index) => index));
      }),
    );
  });

  it('keeps equal scores in model order', () => {
    const far = (x: number): PlainBox => ({ score: 0.5, classId: 0, box: [x, 0, x + 0.01, 0.01] });
    const list = Array.from({ length: 50 }, (_, index) => far(index / 50));
    expect(selectBoxes(candidatesFrom(list), { nms: 'class', iouThreshold: 0.5, maxDetections: 100 })).toEqual(
      list.map((_, index) => index),
    );
  });

  it('does not take boxes with numbers that are none', () => {
    const candidates = new Candidates();
    candidates.add(0, 0, NaN, 1, 0.9, 0);
    candidates.add(0, -Infinity, 1, 1, 0.9, 0);
    expect(candidates.count).toBe(0);
  });

  it('leaves out boxes beside the image and counts them neither as detections nor as better boxes', () => {
    const list: PlainBox[] = [
      { score: 0.9, classId: 0, box: [1.1, 0, 1.5, 1] },
      { score: 0.8, classId: 0, box: [0.9, 0, 1.3, 1] },
    ];
    const found = toDetections(candidatesFrom(list), { nms: 'class', iouThreshold: 0.1, maxDetections: 1 }, WHOLE, {
      labels: [],
    });
    expect(found.map(({ score }) => score)).toEqual([0.8]);
  });

  it('ends in time when the threshold lets everything through', () => {
    const candidates = new Candidates();
    for (let index = 0; index < 100_000; index++)
      candidates.add(0, 0, 1, 1 - (index % 1000) / 1e6, (index % 997) / 997, index % 80);
    expect(selectBoxes(candidates, { nms: 'class', iouThreshold: 0.45, maxDetections: 100 }).length).toBe(80);
  });
});
