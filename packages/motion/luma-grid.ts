import { planesOf } from '#packages/frames';
import type { FrameLayout, FramePlane, RawFrame } from '#packages/frames';

/** The longer side of the grid, in cells. */
const LONGER_SIDE = 160;
/** Pixels that are read of each cell: enough to average the noise of a sensor, few enough to cost next to nothing. */
const ACROSS = 4;
const DOWN = 2;

/** The brightness of a frame in few cells, 160 × 90 of a picture of 16:9. Of RGB the green stands for it. */
export class LumaGrid {
  readonly columns: number;
  readonly rows: number;
  /** Sums of 8 pixels for each cell, row by row: brightness × 8. */
  readonly cells: Int16Array;
  readonly #layout: FrameLayout;
  readonly #columnOffsets: Int32Array;
  readonly #rowOffsets: Int32Array;

  constructor(layout: FrameLayout) {
    const { width, height } = layout;
    const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
    this.columns = Math.max(1, Math.round(width * scale));
    this.rows = Math.max(1, Math.round(height * scale));
    this.cells = new Int16Array(this.columns * this.rows);
    this.#layout = layout;
    const [plane] = planesOf(layout) as [FramePlane];
    const [step, shift] = layout.format === 'rgb24' || layout.format === 'bgr24' ? [3, 1] : [1, 0];
    this.#columnOffsets = places(this.columns * ACROSS, width).map((x) => x * step + shift);
    this.#rowOffsets = places(this.rows * DOWN, height).map((y) => y * plane.stride);
  }

  /** Whether frames of this layout are read as this one's. */
  fits({ width, height, format, strides }: FrameLayout): boolean {
    const own = this.#layout;
    return own.width === width && own.height === height && own.format === format && own.strides[0] === strides[0];
  }

  read({ data }: RawFrame): void {
    const { columns, rows, cells } = this;
    const across = this.#columnOffsets;
    for (let row = 0, cell = 0; row < rows; row++) {
      const upper = this.#rowOffsets[2 * row] as number;
      const lower = this.#rowOffsets[2 * row + 1] as number;
      for (let column = 0, at = 0; column < columns; column++, cell++, at += ACROSS) {
        const [a, b, c, d] = [
          across[at] as number,
          across[at + 1] as number,
          across[at + 2] as number,
          across[at + 3] as number,
        ];
        cells[cell] =
          (data[upper + a] as number) +
          (data[upper + b] as number) +
          (data[upper + c] as number) +
          (data[upper + d] as number) +
          (data[lower + a] as number) +
          (data[lower + b] as number) +
          (data[lower + c] as number) +
          (data[lower + d] as number);
      }
    }
  }
}

/** So many places, evenly over the pixels of a side. */
function places(count: number, pixels: number): Int32Array {
  return Int32Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * pixels) / count));
}
