import { decodeRuns } from './rle.ts';
import type { RunLengths } from './rle.ts';

/** As predictions have it: runs of a picture that stands for the whole image, or outlines `[x0, y0, x1, y1, …]` as fractions of it. */
export type AnyMask = RunLengths | { readonly polygons: readonly (readonly number[])[] };

/** A part of the image, in fractions of it. */
export type Region = readonly [x0: number, y0: number, x1: number, y1: number];

/**
 * A part of a mask in so many columns and rows: 1 if the middle of a cell lies inside. Rows one after the other.
 * The memory is that of the cells, whatever size the mask says it has; a mask that cannot be read is empty.
 */
export function paintMask(mask: AnyMask, region: Region, width: number, height: number): Uint8Array {
  const cells = new Uint8Array(width * height);
  if ('polygons' in mask) paintPolygons(mask.polygons, region, cells, width);
  else paintRuns(mask, region, cells, width);
  return cells;
}

function paintRuns(mask: RunLengths, [x0, y0, x1, y1]: Region, cells: Uint8Array, width: number): void {
  const runs = decodeRuns(mask);
  if (!runs) return;
  const [rows, columns] = mask.size;
  const height = cells.length / width;
  let [run, end] = [0, runs[0] ?? 0];
  for (let x = 0; x < width; x++) {
    const column = Math.floor((x0 + ((x + 0.5) / width) * (x1 - x0)) * columns);
    if (column < 0 || column >= columns) continue;
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y0 + ((y + 0.5) / height) * (y1 - y0)) * rows);
      if (row < 0 || row >= rows) continue;
      const pixel = column * rows + row;
      // Cells of one column of the mask may come twice.
      while (run > 0 && pixel < end - (runs[run] as number)) end -= runs[run--] as number;
      while (pixel >= end && run < runs.length - 1) end += runs[++run] as number;
      cells[y * width + x] = run % 2;
    }
  }
}

/** Even-odd, by the crossings of each row's middle. */
function paintPolygons(
  polygons: readonly (readonly number[])[],
  [x0, y0, x1, y1]: Region,
  cells: Uint8Array,
  width: number,
): void {
  const height = cells.length / width;
  for (let y = 0; y < height; y++) {
    const middle = y0 + ((y + 0.5) / height) * (y1 - y0);
    const crossings = polygons.flatMap((polygon) => crossingsOf(polygon, middle)).sort((a, b) => a - b);
    for (let at = 0; at + 1 < crossings.length; at += 2) {
      const [from, to] = [crossings[at], crossings[at + 1]].map((x) =>
        Math.min(width, Math.max(0, Math.ceil((((x as number) - x0) / (x1 - x0)) * width - 0.5))),
      ) as [number, number];
      cells.fill(1, y * width + from, y * width + to);
    }
  }
}

function crossingsOf(polygon: readonly number[], y: number): number[] {
  const found: number[] = [];
  for (let at = 0; at + 1 < polygon.length; at += 2) {
    const next = (at + 2) % polygon.length;
    const [fromX, fromY, toX, toY] = [polygon[at], polygon[at + 1], polygon[next], polygon[next + 1]] as [
      number,
      number,
      number,
      number,
    ];
    if (fromY <= y !== toY <= y) found.push(fromX + ((y - fromY) / (toY - fromY)) * (toX - fromX));
  }
  return found;
}

/** Cells on a side in which masks are compared that do not have the same pixels, or more than a model gives. */
const COMPARED = 256;
const MAX_PIXELS = 2 ** 24;

/** Intersection over union of two masks, 0..1; of masks of different kinds or sizes within the region, to a 256th of its sides. */
export function maskOverlap(one: AnyMask, other: AnyMask, region: Region): number {
  const [rows, columns] = 'size' in one ? one.size : [Infinity, Infinity];
  const isLike = 'size' in other && other.size[0] === rows && other.size[1] === columns;
  const isSame = isLike && rows * columns <= MAX_PIXELS;
  const [width, height] = isSame ? [columns, rows] : [COMPARED, COMPARED];
  const whole: Region = [0, 0, 1, 1];
  const [a, b] = [one, other].map((mask) => paintMask(mask, isSame ? whole : region, width, height)) as [
    Uint8Array,
    Uint8Array,
  ];
  let [both, either] = [0, 0];
  a.forEach((inside, at) => {
    both += inside & (b[at] as number);
    either += inside | (b[at] as number);
  });
  return either === 0 ? 0 : both / either;
}
