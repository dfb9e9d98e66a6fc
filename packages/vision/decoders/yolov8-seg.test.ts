import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Yolov8SegOutput } from '#packages/model-package';
import { encodeRuns, maskOverlap, paintMask, RunCollector } from '#packages/shapes';
import {
  decode,
  detectionOptions,
  expectSame,
  float32,
  floats,
  specOf,
  table,
} from '../../../testing/vision/decoder-rig.ts';
import { argmax, fromCenter, slowFinish, transpose } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

const LABELS = ['bolt', 'nut'];
const [WIDTH, HEIGHT] = [32, 16];
/** Prototypes: 3 of 4 × 8 cells. */
const [COUNT, ROWS, COLUMNS] = [3, 4, 8];
const score = floats(0, 1);
/** Numbers with few bits, so that the order of additions does not matter. */
const eighths = fc.integer({ min: -16, max: 16 }).map((value) => value / 8);
const rows = table(
  11,
  floats(-4, 36),
  floats(-4, 20),
  floats(1, 20),
  floats(1, 16),
  score,
  score,
  eighths,
  eighths,
  eighths,
);
const prototypes = fc.array(eighths, { minLength: COUNT * ROWS * COLUMNS, maxLength: COUNT * ROWS * COLUMNS });
/** Letterboxes and crops of whole pixels: where the image's 0,0 lies in the model's input, and its size there. */
const images = fc.record({
  left: fc.integer({ min: -8, max: 8 }),
  top: fc.integer({ min: -4, max: 4 }),
  width: fc.integer({ min: 12, max: 40 }),
  height: fc.integer({ min: 8, max: 24 }),
});

/** The mask of a row pixel by pixel of the image; undefined if it has none. */
function slowMask(row: readonly number[], box: PlainBox['box'], values: readonly number[], image: Image) {
  const logit = (x: number, y: number): number =>
    row.slice(6).reduce((sum, share, k) => sum + share * (values[(k * ROWS + y) * COLUMNS + x] as number), 0);
  const between = (at: number, cells: number) => {
    const first = Math.floor(at);
    return [first, Math.min(cells - 1, first + 1), at - first] as const;
  };
  const runs = new RunCollector();
  for (let x = 0; x < image.width; x++) {
    for (let y = 0; y < image.height; y++) {
      const [px, py] = [x + image.left, y + image.top];
      if (px < 0 || py < 0 || px >= WIDTH || py >= HEIGHT) continue;
      if (px < box[0] * WIDTH || px >= box[2] * WIDTH || py < box[1] * HEIGHT || py >= box[3] * HEIGHT) continue;
      const [x0, x1, partX] = between(Math.max(0, ((px + 0.5) * COLUMNS) / WIDTH - 0.5), COLUMNS);
      const [y0, y1, partY] = between(Math.max(0, ((py + 0.5) * ROWS) / HEIGHT - 0.5), ROWS);
      const upper = logit(x0, y0) * (1 - partX) + logit(x1, y0) * partX;
      const lower = logit(x0, y1) * (1 - partX) + logit(x1, y1) * partX;
      if (upper * (1 - partY) + lower * partY > 0) runs.add(x * image.height + y, 1);
    }
  }
  if (runs.area === 0) return undefined;
  return { size: [image.height, image.width] as const, counts: encodeRuns(runs.finish(image.width * image.height)) };
}

type Image = { readonly left: number; readonly top: number; readonly width: number; readonly height: number };

const placementOf = ({ left, top, width, height }: Image) => ({
  scaleX: WIDTH / width,
  scaleY: HEIGHT / height,
  offsetX: -left / width,
  offsetY: -top / height,
});

describe('the yolov8-seg decoder', () => {
  it('gives the pixels that the obvious implementation gives', async () => {
    await fc.assert(
      fc.asyncProperty(rows, prototypes, images, detectionOptions, async (values, cells, image, options) => {
        const spec = specOf(
          'instance-segmentation',
          { decoder: 'yolov8-seg', output: 'output0', prototypes: 'output1', ...options },
          { width: WIDTH, height: HEIGHT },
        );
        const placement = placementOf(image);
        const plain = values.map((row): PlainBox => {
          const [x, y, w, h] = row.map(Math.fround) as [number, number, number, number];
          const classId = argmax(row.slice(4, 6));
          const box = fromCenter(x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT);
          const mask = slowMask(row, box, cells, image);
          return { classId, score: row[4 + classId] as number, box, more: mask ? { mask } : { angle: NaN } };
        });
        const outputs = {
          output0: float32([1, 9, 11], transpose(values)),
          output1: float32([1, COUNT, ROWS, COLUMNS], cells),
        };
        const found = await decode(spec, outputs, { labels: LABELS, placement });
        const expected = slowFinish(plain, spec.output as Yolov8SegOutput, placement, LABELS);
        // A mask that suppresses others may turn out not to have a pixel.
        expectSame(
          found,
          expected.filter(({ mask }) => mask),
        );
      }),
      { numRuns: 40 },
    );
  });

  const DISC = Array.from(
    { length: 32 * 32 },
    (_, at) => 100 - ((at % 32) - 15.5) ** 2 - (Math.floor(at / 32) - 15.5) ** 2,
  );
  const disc = {
    output0: float32([1, 1, 7], [0, 0, 64, 64, 0.9, 1, 1]),
    output1: float32([1, 1, 32, 32], DISC),
  };
  const discSpec = (masks: string) =>
    specOf(
      'instance-segmentation',
      { decoder: 'yolov8-seg', output: 'output0', prototypes: 'output1', rows: 'finished', masks },
      { width: 64, height: 64 },
    );

  it('gives outlines within a pixel of the runs, in a fraction of the points', async () => {
    const [runs] = await decode(discSpec('rle'), disc);
    const [outlines] = await decode(discSpec('polygon'), disc);
    const pixels = paintMask(runs!.mask!, [0, 0, 1, 1], 64, 64).reduce((sum, inside) => sum + inside, 0);
    // A disc of radius 20.
    expect(pixels).toBeGreaterThan(1_200);
    expect(pixels).toBeLessThan(1_320);
    expect(maskOverlap(runs!.mask!, outlines!.mask!, [0, 0, 1, 1])).toBeGreaterThan(0.95);
    expect((outlines!.mask as { polygons: number[][] }).polygons).toHaveLength(1);
    expect((outlines!.mask as { polygons: number[][] }).polygons[0]!.length).toBeLessThan(50);
  });

  it('says which shapes it needs', async () => {
    const flat = { ...disc, output1: float32([1, 32, 32], DISC) };
    await expect(decode(discSpec('rle'), flat)).rejects.toMatchObject({
      code: 'model.output-unexpected',
      message: 'output "output1" has the shape [1, 32, 32]; needed is [1, K, H, W]',
    });
    const more = { ...disc, output1: float32([1, 2, 16, 32], DISC) };
    await expect(decode(discSpec('rle'), more)).rejects.toMatchObject({
      message: 'output "output0" has the shape [1, 1, 7]; needed is [1, N, 8]',
    });
  });
});
