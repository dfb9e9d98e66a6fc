/** As predictions have it: cells that divide the whole image, row by row, in base64 one byte each for 0 to 1. */
export interface EncodedHeatMap {
  readonly size: readonly [rows: number, columns: number];
  readonly values: string;
}

/** Models give at most 32 on a side. */
const MAX_CELLS = 2 ** 20;

/** Cells of a heat map that can be looked up. */
export class HeatCells {
  readonly rows: number;
  readonly columns: number;
  readonly #cells: Uint8Array;

  private constructor([rows, columns]: EncodedHeatMap['size'], cells: Uint8Array) {
    this.rows = rows;
    this.columns = columns;
    this.#cells = cells;
  }

  /** Undefined if the text does not hold as many cells as the size says. */
  static read({ size, values }: EncodedHeatMap): HeatCells | undefined {
    const count = size[0] * size[1];
    if (!size.every((side) => Number.isInteger(side) && side > 0) || count > MAX_CELLS) return undefined;
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(values) || values.length !== 4 * Math.ceil(count / 3)) return undefined;
    // The page of the console does not have Buffer.
    const cells = Uint8Array.from(atob(values), (char) => char.charCodeAt(0));
    return cells.length === count ? new HeatCells(size, cells) : undefined;
  }

  /** 0 to 1. */
  cell(row: number, column: number): number {
    return (this.#cells[row * this.columns + column] as number) / 255;
  }

  /** Between the middles of cells, bilinear; beyond the outermost ones as they are. `x` and `y` are fractions of the image. */
  at(x: number, y: number): number {
    const [left, right, along] = between(x, this.columns);
    const [top, bottom, down] = between(y, this.rows);
    const upper = this.cell(top, left) + along * (this.cell(top, right) - this.cell(top, left));
    const lower = this.cell(bottom, left) + along * (this.cell(bottom, right) - this.cell(bottom, left));
    return upper + down * (lower - upper);
  }
}

function between(place: number, cells: number): readonly [first: number, second: number, part: number] {
  const at = Math.min(cells - 1, Math.max(0, place * cells - 0.5));
  const first = Math.floor(at);
  return [first, Math.min(cells - 1, first + 1), at - first];
}
