import { describe, expect, it } from 'vitest';
import { decode, float32, specOf } from '../../../testing/vision/decoder-rig.ts';
import reference from '../../../testing/vision/reference/query-detectors-reference.gen.json' with { type: 'json' };

/** As `inspect` proposes them. */
const KEYS: Readonly<Record<string, object>> = {
  detr: { activation: 'softmax', backgroundClass: 5, classesPerBox: 'best' },
  'rt-detr': { activation: 'sigmoid' },
};
const LABELS = ['a', 'b', 'c', 'd', 'e'];

describe('the ssd decoder, held against the numbers of Transformers', () => {
  it.each(reference.cases.map((one, at) => [one.family, at, one] as const))(
    '%s, case %i',
    async (family, _at, { logits, pred_boxes: boxes, expected }) => {
      const output = { decoder: 'ssd', boxes: 'pred_boxes', boxFormat: 'cxcywh', scores: 'logits', nms: 'none' };
      const spec = specOf('object-detection', { ...output, ...KEYS[family], scoreThreshold: reference.threshold });
      const outputs = { logits: float32(logits.shape, logits.values), pred_boxes: float32(boxes.shape, boxes.values) };
      // The reference gives at most one answer for each query, and we as many as there are.
      const found = (await decode(spec, outputs, { labels: LABELS })).slice(0, expected.length);

      expect(expected.length).toBeGreaterThan(5);
      expect(found.map(({ classId }) => classId)).toEqual(expected.map(({ classId }) => classId));
      found.forEach(({ score, box }, at) => {
        expect(score).toBeCloseTo(expected[at]!.score, 5);
        box!.forEach((side, axis) => expect(side).toBeCloseTo(expected[at]!.box[axis]!, 5));
      });
    },
  );
});
