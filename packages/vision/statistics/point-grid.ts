import type { Placement, Size } from '../resize/geometry.ts';

/** Parts of the layout, across and down, and points that are read of each part. */
const LAYOUT = { columns: 8, rows: 6 } as const;
const OF_PART = { columns: 6, rows: 5 } as const;
/** All of them. */
export const PARTS = LAYOUT.columns * LAYOUT.rows;
export const POINTS = PARTS * OF_PART.columns * OF_PART.rows;

/** Places in an input tensor, evenly over the picture that lies in it, part by part; none touches the picture's edge. */
export class PointGrid {
  readonly #tensor: Size;
  readonly #step: number;
  readonly #first: number;
  #placed: { readonly placement: Placement; readonly points: Int32Array | undefined } | undefined;

  /**
   * @param step elements from one pixel to the next
   * @param first element of the first pixel
   */
  constructor(tensor: Size, step: number, first: number) {
    this.#tensor = tensor;
    this.#step = step;
    this.#first = first;
  }

  /** Undefined if the picture is too small. The same array until pictures lie elsewhere. */
  pointsOf(placement: Placement): Int32Array | undefined {
    if (!this.#placed || !isSame(placement, this.#placed.placement))
      this.#placed = { placement, points: this.#place(placement) };
    return this.#placed.points;
  }

  #place({ scaleX, scaleY, offsetX, offsetY }: Placement): Int32Array | undefined {
    const { width, height } = this.#tensor;
    const columns = places(offsetX, scaleX, width, LAYOUT.columns * OF_PART.columns);
    const rows = places(offsetY, scaleY, height, LAYOUT.rows * OF_PART.rows);
    if (!columns || !rows) return undefined;
    const pointsOfPart = OF_PART.columns * OF_PART.rows;
    return Int32Array.from({ length: POINTS }, (_, index) => {
      const part = Math.floor(index / pointsOfPart);
      const point = index % pointsOfPart;
      const column = (part % LAYOUT.columns) * OF_PART.columns + (point % OF_PART.columns);
      const row = Math.floor(part / LAYOUT.columns) * OF_PART.rows + Math.floor(point / OF_PART.columns);
      return this.#first + this.#step * ((rows[row] as number) * width + (columns[column] as number));
    });
  }
}

/** So many places along one side of the tensor, evenly over the picture less its outermost pixels. */
function places(offset: number, scale: number, side: number, count: number): readonly number[] | undefined {
  const from = Math.max(0, Math.round((-offset / scale) * side)) + 1;
  const to = Math.min(side, Math.round(((1 - offset) / scale) * side)) - 1;
  if (to - from < 1) return undefined;
  return Array.from({ length: count }, (_, index) => from + Math.floor(((index + 0.5) * (to - from)) / count));
}

function isSame(one: Placement, other: Placement): boolean {
  return (
    one.scaleX === other.scaleX &&
    one.scaleY === other.scaleY &&
    one.offsetX === other.offsetX &&
    one.offsetY === other.offsetY
  );
}
