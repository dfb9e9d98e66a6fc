import { describe, expect, it } from 'vitest';

import { preparationOf } from '#packages/model-package';
import type { InputSpec } from '#packages/model-package';
import { StepPlans } from '../resize/step-plans.ts';
import { Preprocessor } from '../tensor/preprocessor.ts';
import type { InputData } from '../tensor/tensor-target.ts';
import { specOf } from '../../../testing/vision/decoder-rig.ts';
import { pattern } from '../../../testing/vision/images.ts';
import { decodeImage } from './decode-image.ts';
import { shrinkPolicy } from './shrink-policy.ts';
import { turboJpeg } from './turbo-jpeg.ts';

const inputOf = (input: object) => specOf('tensor', { decoder: 'tensor' }, { width: 224, height: 224, ...input }).input;

const shrink = (input: object, reduced: boolean, width: number, height: number) =>
  policyOf(inputOf(input), reduced)({ width, height });

function policyOf(input: InputSpec, reduced: boolean) {
  const plans = new StepPlans(preparationOf(input).steps, 1e9);
  return shrinkPolicy((size) => plans.for(size).last, reduced);
}

describe('shrinkPolicy', () => {
  it('decodes for bilinear as it is, because every shrinking changes the result', () => {
    expect(shrink({}, false, 8_000, 6_000)).toBe(1);
  });

  it('shrinks for bilinear on demand, never below what the model takes', () => {
    expect(shrink({}, true, 1920, 1080)).toBe(4);
    expect(shrink({}, true, 895, 895)).toBe(2);
    expect(shrink({}, true, 447, 447)).toBe(1);
    expect(shrink({}, true, 8_000, 6_000)).toBe(8);
  });

  it('shrinks for averaging filters where three times the size is left', () => {
    expect(shrink({ filter: 'area' }, false, 1920, 1080)).toBe(1);
    expect(shrink({ filter: 'area' }, false, 2_000, 1_400)).toBe(2);
    expect(shrink({ filter: 'lanczos' }, false, 4_000, 3_000)).toBe(4);
  });

  it('decodes for box as it is, because whoever takes plain means of pixels wants those', () => {
    expect(shrink({ filter: 'box' }, false, 8_000, 6_000)).toBe(1);
    expect(shrink({ filter: 'box' }, true, 8_000, 6_000)).toBe(8);
  });

  it('decodes a picture of which only a part is resized as it is', () => {
    const steps = [
      { step: 'crop', square: true },
      { step: 'resize', width: 224, height: 224, filter: 'area' },
    ];
    const input = specOf('tensor', { decoder: 'tensor' }, { steps }).input;
    expect(policyOf(input, true)({ width: 8_000, height: 6_000 })).toBe(1);
  });

  it('looks at the side that is reduced least', () => {
    expect(shrink({ resize: 'center-crop' }, true, 8_000, 500)).toBe(2);
    expect(shrink({ resize: 'letterbox' }, true, 8_000, 500)).toBe(4);
    expect(shrink({}, true, 8_000, 100)).toBe(1);
  });

  it.skipIf(!turboJpeg())('changes next to nothing for averaging filters', async () => {
    const jpeg = await pattern(3_000, 2_000).jpeg({ quality: 92 }).toBuffer();
    for (const filter of ['area', 'bicubic', 'lanczos']) {
      const input = inputOf({ filter });
      const policy = policyOf(input, false);
      expect(policy({ width: 3_000, height: 2_000 })).toBe(2);
      const tensors: InputData[] = [];
      for (const shrinkFor of [policy, undefined]) {
        const options = { gray: false, maxPixels: 1e8, takePixels: (bytes: number) => Buffer.alloc(bytes) };
        const { pixels, size } = await decodeImage(jpeg, { ...options, ...(shrinkFor ? { shrinkFor } : {}) });
        const preprocessor = new Preprocessor(input);
        preprocessor.fill(pixels, size);
        tensors.push((preprocessor.feed.data as InputData).slice());
      }
      const [shrunk, whole] = tensors as [InputData, InputData];
      const differences = Array.from(shrunk, (value, index) => Math.abs(value - (whole[index] as number)));
      expect(differences.reduce((sum, one) => sum + one, 0) / differences.length).toBeLessThan(1);
      expect(differences.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(24);
    }
  });
});
