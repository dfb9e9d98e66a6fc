import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { encodeRuns, maskOverlap, RunCollector } from '#packages/shapes';
import { decode, expectSame, float32, floats, specOf } from '../../../testing/vision/decoder-rig.ts';
import type { Tensor } from '../loaded-model.ts';
import { toFloat16Bits } from '../tensor/float16.ts';

const LABELS = ['belt', 'bolt', 'nut'];
const [CLASSES, HEIGHT, WIDTH] = [3, 5, 7];
const scores = fc.array(floats(-4, 4), { minLength: CLASSES * HEIGHT * WIDTH, maxLength: CLASSES * HEIGHT * WIDTH });
/** Letterboxes and crops of whole pixels: where the image's 0,0 lies in the map, and its size there. */
const images = fc.record({
  left: fc.integer({ min: -3, max: 3 }),
  top: fc.integer({ min: -2, max: 2 }),
  width: fc.integer({ min: 4, max: 10 }),
  height: fc.integer({ min: 3, max: 8 }),
});
type Image = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
const placementOf = ({ left, top, width, height }: Image) => ({
  scaleX: WIDTH / width,
  scaleY: HEIGHT / height,
  offsetX: -left / width,
  offsetY: -top / height,
});
const spec = (output: object = {}) =>
  specOf('semantic-segmentation', { decoder: 'segmentation', ...output }, { width: WIDTH, height: HEIGHT });

/** Class by class, pixel by pixel of the image. */
function slow(values: readonly number[], image: Image, activation: string, background: number): Prediction[] {
  const at = (id: number, x: number, y: number): number => Math.fround(values[(id * HEIGHT + y) * WIDTH + x] as number);
  const area = image.width * image.height;
  const found = [...LABELS.keys()].flatMap((classId): Prediction[] => {
    const runs = new RunCollector();
    let sum = 0;
    for (let x = 0; x < image.width; x++) {
      for (let y = 0; y < image.height; y++) {
        const [px, py] = [x + image.left, y + image.top];
        if (px < 0 || py < 0 || px >= WIDTH || py >= HEIGHT) continue;
        const all = [...LABELS.keys()].map((id) => at(id, px, py));
        if (all.indexOf(Math.max(...all)) !== classId) continue;
        runs.add(x * image.height + y, 1);
        const exps = all.map((value) => Math.exp(value));
        const total = exps.reduce((a, b) => a + b, 0);
        const own = all[classId] as number;
        sum +=
          activation === 'softmax'
            ? (exps[classId] as number) / total
            : activation === 'sigmoid'
              ? 1 / (1 + Math.exp(-own))
              : own;
      }
    }
    if (runs.area === 0 || classId === background) return [];
    const mask = { size: [image.height, image.width] as const, counts: encodeRuns(runs.finish(area)) };
    return [{ classId, label: LABELS[classId] as string, score: sum / runs.area, share: runs.area / area, mask }];
  });
  return found.sort((a, b) => b.score - a.score || a.classId - b.classId);
}

function nhwc(values: readonly number[]): number[] {
  const pixels = HEIGHT * WIDTH;
  return Array.from({ length: CLASSES * pixels }, (_, at) => values[(at % CLASSES) * pixels + Math.floor(at / CLASSES)] as number); // prettier-ignore
}

describe('the segmentation decoder', () => {
  it('gives the pixels, shares and scores that the obvious implementation gives, in both layouts', async () => {
    const activations = fc.constantFrom('none', 'softmax', 'sigmoid');
    await fc.assert(
      fc.asyncProperty(
        scores,
        images,
        activations,
        fc.integer({ min: -1, max: 2 }),
        async (values, image, how, none) => {
          const options = { activation: how, ...(none < 0 ? {} : { backgroundClass: none }) };
          const placement = placementOf(image);
          const expected = slow(values, image, how, none);
          const shape = [1, CLASSES, HEIGHT, WIDTH];
          const found = await decode(spec(options), { o: float32(shape, values) }, { labels: LABELS, placement });
          // Scores are kept as float32.
          const near = (list: readonly Prediction[]) =>
            list.map((one) => ({ ...one, score: Number(one.score.toFixed(4)) }));
          const byClass = (list: readonly Prediction[]) => [...near(list)].sort((a, b) => a.classId - b.classId);
          expectSame(byClass(found).map((one) => ({ ...one, score: 0 })), byClass(expected).map((one) => ({ ...one, score: 0 }))); // prettier-ignore
          byClass(found).forEach(({ score, share }, at) => {
            expect(Math.abs(score - byClass(expected)[at]!.score)).toBeLessThan(1e-5);
            expect(share).toBe(byClass(expected)[at]!.share);
          });
          expect(found.every(({ score }, at) => at === 0 || score <= found[at - 1]!.score)).toBe(true);
          const turned = { o: float32([1, HEIGHT, WIDTH, CLASSES], nhwc(values)) };
          expect(await decode(spec({ ...options, layout: 'NHWC' }), turned, { labels: LABELS, placement })).toEqual(
            found,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  const classes = (...ids: bigint[]): Tensor => ({ type: 'int64', shape: [1, 2, 3], data: BigInt64Array.from(ids) });
  const whole = { labels: LABELS, placement: { scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 } };

  it('takes the class of each pixel as the graph gives it, and leaves out background and what is too small', async () => {
    const output = { o: classes(0n, 1n, 1n, 0n, 1n, 2n) };
    const found = await decode(spec({ values: 'classes', backgroundClass: 0, leastShare: 0.2 }), output, whole);
    expect(found).toEqual([
      { classId: 1, label: 'bolt', score: 1, share: 0.5, mask: { size: [2, 3], counts: encodeRuns([2, 3, 1]) } },
    ]);
  });

  it('reads half precision as the numbers that it stands for', async () => {
    const values = [2.5, -1.25, 0.5, 3, 6.103515625e-5, -7, -0, 1, 2, 5.9604644775390625e-8, 0.75, -3];
    const [halves, singles] = [
      { type: 'float16', shape: [1, 3, 2, 2], data: Uint16Array.from(values, toFloat16Bits) } as const,
      float32([1, 3, 2, 2], values),
    ];
    const found = await decode(spec({ activation: 'softmax' }), { o: halves }, whole);
    expect(found).toEqual(await decode(spec({ activation: 'softmax' }), { o: singles }, whole));
    expect(found.map(({ mask }) => mask)).toMatchObject([{ counts: encodeRuns([0, 1, 2, 1]) }, { counts: encodeRuns([1, 2, 1]) }]); // prettier-ignore
  });

  it('holds the scores of one class against a threshold', async () => {
    const logits = { o: float32([1, 1, 2, 2], [3, -3, 0.5, -0.1]) };
    const options = { activation: 'sigmoid', scoreThreshold: 0.6 };
    const [found, ...more] = await decode(spec(options), logits, whole);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ classId: 0, label: 'belt', share: 0.5, mask: { counts: encodeRuns([0, 2, 2]) } });
    expect(found!.score).toBeCloseTo((1 / (1 + Math.exp(-3)) + 1 / (1 + Math.exp(-0.5))) / 2, 6);
  });

  it('tells masks by outlines if the package wants them', async () => {
    const values = Array.from({ length: 32 * 32 }, (_, at) =>
      (at % 32) - 16 > -8 && (at % 32) - 16 < 8 && at > 320 && at < 704 ? 1 : 0,
    );
    const output = { o: { type: 'uint8', shape: [1, 1, 32, 32], data: Uint8Array.from(values) } as const };
    const [runs] = await decode(spec({ values: 'classes', backgroundClass: 0 }), output, whole);
    const [outlines] = await decode(spec({ values: 'classes', backgroundClass: 0, masks: 'polygon' }), output, whole);
    expect(outlines!.mask).toHaveProperty('polygons');
    expect(maskOverlap(runs!.mask!, outlines!.mask!, [0, 0, 1, 1])).toBeGreaterThan(0.97);
  });

  it('says which shapes it needs', async () => {
    const flat = {
      o: float32(
        [3, 5, 7],
        Array.from({ length: 105 }, () => 0),
      ),
    };
    await expect(decode(spec(), flat, whole)).rejects.toThrow('has the shape [3, 5, 7]; needed is [1, C, H, W]');
    await expect(decode(spec({ values: 'classes' }), flat, whole)).rejects.toThrow('needed is [1, H, W]');
  });
});
