import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convexOverlap,
  decodeRuns,
  encodeRuns,
  maskOverlap,
  outlinesOf,
  paintMask,
  RunCollector,
  simplified,
  skeletonOf,
} from './index.ts';

/** Cells of small pictures, rows one after the other. */
const pictures = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height })
      .map((cells) => ({ width, height, cells: Uint8Array.from(cells) })),
  );

function maskOf({ width, height, cells }: { width: number; height: number; cells: Uint8Array }) {
  const runs = new RunCollector();
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) if (cells[y * width + x]) runs.add(x * height + y, 1);
  return { size: [height, width] as const, counts: encodeRuns(runs.finish(width * height)) };
}

describe('runs of COCO', () => {
  it('are the text that pycocotools writes', () => {
    // pycocotools 2.0.11 on a 3 × 5 picture, and on one of 480 × 640 with a rectangle of 20 × 200.
    expect(encodeRuns([1, 2, 4, 2, 3, 3])).toBe('1240O1');
    const rectangle = encodeRuns([48_100, ...Array.from({ length: 199 }, () => [20, 460]).flat(), 20, 163_560]);
    expect(rectangle).toMatch(/^To\^1d0\\>0{20}/);
    expect(rectangle).toHaveLength(409);
    expect(decodeRuns({ size: [3, 5], counts: '1240O1' })).toEqual([1, 2, 4, 2, 3, 3]);
  });

  it('come back as they were, however long', () => {
    const lengths = fc.array(fc.nat({ max: 3_000_000_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(lengths, (runs) => {
        const sum = runs.reduce((total, run) => total + run, 0);
        expect(decodeRuns({ size: [1, sum], counts: encodeRuns(runs) })).toEqual(runs);
      }),
    );
  });

  it('that nobody wrote are not read', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(50), fc.nat(50), (counts, height, width) => {
        const runs = decodeRuns({ size: [height, width], counts });
        if (runs) expect(runs.reduce((sum, run) => sum + run, 0)).toBe(height * width);
      }),
    );
    expect(paintMask({ size: [1e9, 1e9], counts: 'oooooo' }, [0, 0, 1, 1], 2, 2)).toEqual(new Uint8Array(4));
  });
});

describe('paintMask', () => {
  it('gives every pixel of a mask, and every part of it', () => {
    fc.assert(
      fc.property(pictures, (picture) => {
        const { width, height, cells } = picture;
        expect(paintMask(maskOf(picture), [0, 0, 1, 1], width, height)).toEqual(cells);
        // The lower right quarter, each pixel as 2 × 2 cells.
        const part = paintMask(maskOf(picture), [0.5, 0.5, 1, 1], width, height);
        part.forEach((inside, at) => {
          const x = Math.floor((0.5 + ((at % width) + 0.5) / width / 2) * width);
          const y = Math.floor((0.5 + (Math.floor(at / width) + 0.5) / height / 2) * height);
          expect(inside).toBe(cells[y * width + x]);
        });
      }),
    );
  });
});

describe('outlines', () => {
  it('enclose exactly the pixels of a mask, holes included', () => {
    fc.assert(
      fc.property(pictures, ({ width, height, cells }) => {
        const outlines = outlinesOf(cells, width);
        const polygons = outlines.map(({ points }) =>
          points.map((value, at) => value / (at % 2 === 0 ? width : height)),
        );
        expect(paintMask({ polygons }, [0, 0, 1, 1], width, height)).toEqual(cells);
        const area = outlines.reduce((sum, one) => sum + (one.isHole ? -one.area : one.area), 0);
        expect(area).toBe(cells.reduce((sum, cell) => sum + cell, 0));
      }),
    );
  });

  it('with fewer points stay within the tolerance', () => {
    const circle = Array.from({ length: 200 }, (_, at) => [Math.cos(at / 31.83), Math.sin(at / 31.83)]).flat();
    const fewer = simplified(circle, 0.02);
    expect(fewer.length).toBeLessThan(60);
    expect(maskOverlap({ polygons: [circle] }, { polygons: [fewer] }, [-1, -1, 1, 1])).toBeGreaterThan(0.96);
    expect(simplified([0, 0, 1, 0, 2, 0, 2, 2, 0, 2], 0.5)).toEqual([0, 0, 2, 0, 2, 2, 0, 2]);
  });
});

describe('overlaps', () => {
  it('of masks are counted in pixels', () => {
    const whole = { width: 4, height: 2, cells: Uint8Array.of(1, 1, 0, 0, 1, 1, 0, 0) };
    const half = { ...whole, cells: Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0) };
    expect(maskOverlap(maskOf(whole), maskOf(half), [0, 0, 1, 1])).toBe(0.5);
    expect(maskOverlap(maskOf(half), { polygons: [[0, 0, 0.25, 0, 0.25, 1, 0, 1]] }, [0, 0, 1, 1])).toBe(1);
  });

  it('of turned boxes are those of their polygons', () => {
    const square = [[0, 0], [2, 0], [2, 2], [0, 2]] as const; // prettier-ignore
    const turned = [[1, -0.4142], [2.4142, 1], [1, 2.4142], [-0.4142, 1]] as const; // prettier-ignore
    expect(convexOverlap(square, square)).toBe(1);
    expect(convexOverlap(square, [...square].reverse())).toBe(1);
    // An octagon: 8 (√2 − 1) of 4 + 4 − 8 (√2 − 1).
    expect(convexOverlap(square, turned)).toBeCloseTo(0.7071, 3);
    expect(
      convexOverlap(
        square,
        square.map(([x, y]) => [x + 3, y] as const),
      ),
    ).toBe(0);
  });
});

describe('skeletonOf', () => {
  it('joins what can be seen of a person, and leaves other points alone', () => {
    const person = Array.from({ length: 17 }, (_, at) => [at / 17, 0.5, at < 5 ? 0.9 : 0.1] as const);
    expect(skeletonOf(person)).toMatchObject({ points: person.slice(0, 5), limbs: { length: 5 } });
    expect(skeletonOf([[0.1, 0.2]])).toEqual({ points: [[0.1, 0.2]], limbs: [] });
  });
});
