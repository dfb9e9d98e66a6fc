import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { decode, float32, specOf } from '../../../testing/vision/decoder-rig.ts';
import reference from '../../../testing/vision/reference/yolo-tasks-reference.gen.json' with { type: 'json' };

const [HEIGHT = 0, WIDTH = 0] = reference.input;
/** The picture fills the width of the model's input, and bars lie above and below. */
const rows = (reference.image[0]! * WIDTH) / reference.image[1]!;
const placement = { scaleX: 1, scaleY: HEIGHT / rows, offsetX: 0, offsetY: -(HEIGHT - rows) / 2 / rows };

describe('decoders of YOLOv8, held against the numbers of Ultralytics', () => {
  it.each(reference.cases.map((one) => [one.output.decoder, one.output.rows, one] as const))(
    '%s, %s rows',
    async (_decoder, _rows, { task, output, tensors, expected }) => {
      const outputs = Object.fromEntries(
        Object.entries(tensors).map(([name, { shape, values }]) => [name, float32(shape, values)]),
      );
      const spec = specOf(task, output, { width: WIDTH, height: HEIGHT });
      const found = await decode(spec, outputs, { labels: ['a', 'b'], placement });

      expect(found.length).toBeGreaterThan(3);
      expect(found.map(({ classId }) => classId)).toEqual(expected.map(({ classId }) => classId));
      found.forEach((one, at) => {
        const { mask, classId: _classId, ...numbers } = expected[at] as unknown as Prediction;
        for (const [key, value] of Object.entries(numbers)) {
          const flat = [value as number].flat(2);
          [one[key as keyof Prediction]].flat(2).forEach((number, place) => {
            expect(number, `${key} ${place} of prediction ${at}`).toBeCloseTo(flat[place] as number, 4);
          });
        }
        expect(one.mask).toEqual(mask);
      });
    },
  );
});
