import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Placement } from '../resize/geometry.ts';
import { decode, float32, floats, placements, specOf } from '../../../testing/vision/decoder-rig.ts';

const anomalySpec = (output: object) => specOf('anomaly', { decoder: 'anomaly', ...output });
const ranges = fc.record({ threshold: floats(-1, 3), min: floats(-1, 1), span: floats(0.25, 4) }).map(
  ({ threshold, min, span }) => ({ threshold, min, max: min + span }),
); // prettier-ignore
const maps = fc
  .record({ height: fc.integer({ min: 1, max: 80 }), width: fc.integer({ min: 1, max: 80 }) })
  .chain(({ height, width }) =>
    fc.record({
      height: fc.constant(height),
      width: fc.constant(width),
      values: fc.array(floats(-1, 4), { minLength: height * width, maxLength: height * width }),
    }),
  );

type Map = { readonly height: number; readonly width: number; readonly values: readonly number[] };
type Range = { readonly threshold: number; readonly min: number; readonly max: number };

const normalized = (value: number, { threshold, min, max }: Range): number => {
  const at = (value - threshold) / (max - min) + 0.5;
  return at < 0 ? 0 : at > 1 ? 1 : at;
};

/** Cell by cell, and for each all pixels of the map. */
function slowCells(map: Map, placement: Omit<Placement, 'width' | 'height'>, range: Range): number[] {
  const rows = Math.min(32, Math.max(1, Math.round(map.height / placement.scaleY)));
  const columns = Math.min(32, Math.max(1, Math.round(map.width / placement.scaleX)));
  const touches = (pixel: number, pixels: number, cell: number, cells: number, scale: number, offset: number) =>
    pixel + 1 > ((cell / cells - offset) / scale) * pixels + 1e-6 &&
    pixel < (((cell + 1) / cells - offset) / scale) * pixels - 1e-6;
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const seen = map.values.filter(
      (_, pixel) =>
        touches(Math.floor(pixel / map.width), map.height, row, rows, placement.scaleY, placement.offsetY) &&
        touches(pixel % map.width, map.width, column, columns, placement.scaleX, placement.offsetX),
    );
    return seen.length === 0 ? 0 : Math.round(255 * normalized(Math.max(...seen.map(Math.fround)), range));
  });
}

describe('the anomaly decoder', () => {
  it('gives the cells and the score that the obvious implementation gives', async () => {
    await fc.assert(
      fc.asyncProperty(maps, placements, ranges, ranges, floats(-1, 4), async (map, placement, image, pixel, score) => {
        const spec = anomalySpec({ score: 'score', map: 'map', image, pixel });
        const outputs = { score: float32([1], [score]), map: float32([1, 1, map.height, map.width], map.values) };
        const [found, ...more] = await decode(spec, outputs, { placement });
        expect(more).toEqual([]);
        expect(found!.score).toBeCloseTo(normalized(Math.fround(score), image), 9);
        expect(found).toMatchObject(
          found!.score > 0.5
            ? { classId: 1, label: 'anomaly', threshold: 0.5 }
            : { classId: 0, label: 'normal', threshold: 0.5 },
        );
        expect([...Buffer.from(found!.heatMap!.values, 'base64')]).toEqual(slowCells(map, placement, pixel));
      }),
      { numRuns: 30 },
    );
  });

  it('takes the highest value of the map for the score of the image if the model gives none, as anomalib 1 does', async () => {
    const image = { threshold: 10, min: 0, max: 40 };
    const [found] = await decode(anomalySpec({ map: 'output', image }), {
      output: float32([1, 1, 2, 2], [0, 30, 10, 4]),
    });
    expect(found).toEqual({
      classId: 1,
      label: 'anomaly',
      score: 1,
      threshold: 0.5,
      heatMap: { size: [2, 2], values: Buffer.from([64, 255, 128, 89]).toString('base64') },
    });
  });

  it('leaves scores as they are that the graph has normalized, as anomalib 2 does', async () => {
    const outputs = { pred_score: float32([1, 1], [0.43]), anomaly_map: float32([1, 1, 1, 2], [0.2, 0.4]) };
    const [found] = await decode(anomalySpec({ score: 'pred_score', map: 'anomaly_map' }), outputs);
    expect(found).toMatchObject({ label: 'normal', heatMap: { values: Buffer.from([51, 102]).toString('base64') } });
    expect(found!.score).toBeCloseTo(0.43, 6);
  });

  it('does not call an image normal whose score is not a number', async () => {
    const unexpected = { code: 'model.output-unexpected', message: 'the score of the image is not a number' };
    await expect(decode(anomalySpec({ score: 's' }), { s: float32([1], [NaN]) })).rejects.toMatchObject(unexpected);
    const map = float32([1, 1, 1, 3], [0.1, NaN, 0.2]);
    await expect(decode(anomalySpec({ map: 'm' }), { m: map })).rejects.toMatchObject(unexpected);
  });

  it('says which shapes it needs', async () => {
    const two = { s: float32([2], [0.1, 0.2]), m: float32([2, 1, 1], [0, 0]) };
    await expect(decode(anomalySpec({ score: 's' }), two)).rejects.toThrow('has the shape [2]; needed is [1]');
    await expect(decode(anomalySpec({ map: 'm' }), two)).rejects.toThrow(
      'has the shape [2, 1, 1]; needed is [1, 1, H, W]',
    );
    expect(() => anomalySpec({})).toThrow('needs "score" or "map"');
    expect(() => anomalySpec({ map: 'm', image: { threshold: 0, min: 1, max: 1 } })).toThrow('must be more than min');
  });
});
