import { ok } from 'node:assert';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { maskOverlap, paintMask } from './mask.ts';

const CELLS = 16;

const target: FuzzTarget = {
  about: 'masks in run lengths (RLE of COCO) and outlines, as answers of models and labels hold them',
  dictionary: ['"size":[', '"counts":"', '"polygons":[[', 'null', '1e308', '-1'],
  seeds: () =>
    [{ size: [4, 4], counts: '52203' }, { size: [20, 30], counts: 'PPYg1' }, { polygons: [[0, 0, 1, 0, 1, 1]] }].map(
      (mask) => Uint8Array.from(Buffer.from(JSON.stringify(mask))),
    ),
  run(bytes) {
    let mask: unknown;
    try {
      mask = JSON.parse(Buffer.from(bytes).toString());
    } catch {
      return;
    }
    // Their schemas let no other forms through.
    const { size, counts, polygons } = Object(mask) as Readonly<Record<string, unknown>>;
    const isRuns = Array.isArray(size) && size.length === 2 && size.every((side) => Number.isInteger(side) && side > 0);
    const isOutline =
      Array.isArray(polygons) &&
      polygons.every((one) => Array.isArray(one) && one.every((at) => typeof at === 'number'));
    if (!(isRuns && typeof counts === 'string') && !isOutline) return;
    const known = mask as Parameters<typeof paintMask>[0];
    const cells = paintMask(known, [0, 0, 1, 1], CELLS, CELLS);
    ok(cells.length === CELLS * CELLS && cells.every((cell) => cell <= 1), 'it has cells that are neither 0 nor 1');
    const overlap = maskOverlap(known, known, [0, 0, 1, 1]);
    ok(overlap === 0 || overlap === 1, `a mask overlaps with itself by ${overlap}`);
  },
};
export default target;
