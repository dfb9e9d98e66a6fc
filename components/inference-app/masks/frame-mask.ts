import { planesOf } from '#packages/frames';
import type { FrameLayout, FramePlane, RawFrame } from '#packages/frames';
import { spansOf } from './polygon-spans.ts';
import type { Polygon } from './polygon-spans.ts';

/** Blackens parts of a source's pictures, before anybody looks at them or keeps them. */
export class FrameMask {
  readonly #polygons: readonly Polygon[];
  #made: { readonly layout: FrameLayout; readonly fills: readonly Fill[] } | undefined;

  constructor(polygons: readonly Polygon[]) {
    this.#polygons = polygons;
  }

  /** In place, about 0.1 ms for a fifth of 1920×1080. */
  apply(frame: RawFrame): void {
    if (!this.#made || !isSame(this.#made.layout, frame)) this.#made = { layout: frame, fills: this.#fillsOf(frame) };
    for (const { value, from, to } of this.#made.fills) frame.data.fill(value, from, to);
  }

  #fillsOf(layout: FrameLayout): readonly Fill[] {
    const [luma, ...colors] = planesOf(layout) as [FramePlane, ...FramePlane[]];
    const isRgb = layout.format === 'rgb24' || layout.format === 'bgr24';
    const black = !isRgb && layout.range === 'limited' ? 16 : 0;
    return [
      ...this.#fillsOfPlane(luma, isRgb ? 3 : 1, black),
      ...colors.flatMap((plane) => this.#fillsOfPlane(plane, layout.format === 'nv12' ? 2 : 1, GRAY)),
    ];
  }

  /** @param pixelBytes bytes of a pixel in this plane */
  #fillsOfPlane({ offset, stride, rows, columns }: FramePlane, pixelBytes: number, value: number): readonly Fill[] {
    const width = columns / pixelBytes;
    const covered = new Uint8Array(width * rows);
    for (const polygon of this.#polygons) {
      for (const [row, from, to] of spansOf(polygon, width, rows))
        covered.fill(1, row * width + from, row * width + to);
    }
    return Array.from({ length: rows }, (_, row) => runsIn(covered.subarray(row * width, (row + 1) * width)))
      .flatMap((runs, row) =>
        runs.map(([from, to]) => [row * stride + from * pixelBytes, row * stride + to * pixelBytes] as const),
      )
      .map(([from, to]) => ({ value, from: offset + from, to: offset + to }));
  }
}

/** The value of a color plane for no color. */
const GRAY = 128;

interface Fill {
  readonly value: number;
  readonly from: number;
  readonly to: number;
}

/** Runs of ones: the index of the first, and the one behind the last. */
function runsIn(cells: Uint8Array): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (let from = cells.indexOf(1); from >= 0; from = cells.indexOf(1, from)) {
    const end = cells.indexOf(0, from);
    runs.push([from, end < 0 ? cells.length : end]);
    if (end < 0) break;
    from = end;
  }
  return runs;
}

function isSame(one: FrameLayout, other: FrameLayout): boolean {
  return (
    one.width === other.width &&
    one.height === other.height &&
    one.format === other.format &&
    one.range === other.range &&
    one.strides.every((stride, plane) => stride === other.strides[plane])
  );
}
