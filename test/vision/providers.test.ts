import { describe, expect, it } from 'vitest';

import { needs } from '../../testing/outside-data/needs.ts';
import { visionData } from '../../testing/outside-data/vision-data.ts';
import { loadReference, referenceModel } from '../../testing/vision/reference-models.ts';
import { photo } from '../../testing/vision/shared-data.ts';

describe('WebAssembly', await needs(visionData), () => {
  it.each([
    ['mobilenet_v2_fp32_nchw', 'coral_cat_720p.jpg'],
    ['mobilenet_v2_qdq_u8nhwc', 'coral_cat_720p.jpg'],
    ['ultraface_rfb_320', 'darknet_person.jpg'],
    ['yolo-fastest-1.1-xl', 'darknet_dog.jpg'],
  ])('answers as the CPU does: %s', async (name, image) => {
    const [cpu, wasm] = await Promise.all(
      (['cpu', 'wasm'] as const).map(async (provider) => {
        const model = await loadReference(referenceModel(name), { providers: [provider] });
        const { predictions } = await model.infer(photo(image));
        await model.close();
        return predictions;
      }),
    );
    expect(wasm?.map(({ classId }) => classId)).toEqual(cpu?.map(({ classId }) => classId));
    wasm?.forEach(({ score, box }, index) => {
      expect(score).toBeCloseTo(cpu?.[index]?.score ?? NaN, 3);
      box?.forEach((corner, at) => expect(corner).toBeCloseTo(cpu?.[index]?.box?.[at] ?? NaN, 3));
    });
  });
});
