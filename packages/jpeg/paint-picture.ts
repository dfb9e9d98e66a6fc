import type { JpegPicture } from './jpeg-picture.ts';

/** Brightness, blue and red, as the planes of a picture have them. */
export type PictureColor = readonly [luma: number, blue: number, red: number];

interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A rectangle of whole pixels, which may reach beyond the picture, and how much is covered of them, 0 to 255. */
export interface PictureMask extends Rect {
  readonly coverage: Uint8Array;
}

/**
 * Lays a color over the picture, as far as the mask covers each pixel: one value for each, row by row.
 *
 * @param opacity 0 to 1
 */
export function paintMask(picture: JpegPicture, mask: PictureMask, color: PictureColor, opacity: number): void {
  const { coverage, width } = mask;
  paint(picture, mask, color, opacity, (memory, at, left, right, row) => {
    const from = row * width;
    if (right - left > SHORT) return memory.set(coverage.subarray(from + left, from + right), at);
    for (let x = left; x < right; x++) memory[at + x - left] = coverage[from + x] as number;
  });
}

/** The same with one value of `coverage` for all pixels of a row. */
export function paintRows(picture: JpegPicture, mask: PictureMask, color: PictureColor, opacity: number): void {
  const { coverage } = mask;
  paint(picture, mask, color, opacity, (memory, at, left, right, row) => {
    memory.fill(coverage[row] as number, at, at + right - left);
  });
}

/** The same with one value of `coverage` for all pixels of a column. */
export function paintColumns(picture: JpegPicture, mask: PictureMask, color: PictureColor, opacity: number): void {
  const { coverage } = mask;
  const writeRow: WriteRow = (memory, at, left, right) => {
    for (let x = left; x < right; x++) memory[at + x - left] = coverage[x] as number;
  };
  paint(picture, mask, color, opacity, writeRow, true);
}

/** Up to here, a loop costs less than a call of `set`. */
const SHORT = 64;
/** Bytes of a step of the kernels. */
const VECTOR = 16;

/** Writes the coverage of a row of the rectangle, from one of its columns to another, into the kernels' memory. */
type WriteRow = (memory: Uint8Array, at: number, left: number, right: number, row: number) => void;

function paint(
  picture: JpegPicture,
  rect: Rect,
  color: PictureColor,
  opacity: number,
  writeRow: WriteRow,
  areRowsAlike = false,
): void {
  const { width, height, kernels, room } = picture;
  const [left, top] = [Math.max(0, rect.x), Math.max(0, rect.y)];
  const [right, bottom] = [Math.min(width, rect.x + rect.width), Math.min(height, rect.y + rect.height)];
  if (left >= right || top >= bottom) return;
  // Color is stored for 2 × 2 pixels.
  const [x, start, end] = [left & ~1, top & ~1, (bottom + 1) & ~1];
  const stride = Math.ceil((right - x) / VECTOR) * VECTOR;
  const memory = new Uint8Array(kernels.memory.buffer, room.at, room.bytes);
  const write = (row: number, at: number): void => {
    const isCovered = row >= top && row < bottom;
    if (isCovered) writeRow(memory, at + left - x, left - rect.x, right - rect.x, row - rect.y);
    for (let to = isCovered ? at + right - x : at; to < at + stride; to++) memory[to] = 0;
    if (left > x) memory[at] = 0;
  };
  if (areRowsAlike && start === top && (end === bottom || bottom === height)) {
    write(top, 0);
    return lay(picture, { x, y: start, width: right - x, height: bottom - start }, 0, color, opacity);
  }
  const most = 2 * Math.floor(room.bytes / stride / 2);
  for (let y = start; y < end; y += most) {
    const low = Math.min(end, y + most);
    for (let row = y; row < low; row++) write(row, (row - y) * stride);
    lay(picture, { x, y, width: right - x, height: Math.min(bottom, low) - y }, stride, color, opacity);
  }
}

/** Lays the coverage in the kernels' memory over pixels that begin at an even column and row. */
function lay(
  { luma, blue, red, kernels, room }: JpegPicture,
  { x, y, width, height }: Rect,
  stride: number,
  [brightness, blueness, redness]: PictureColor,
  opacity: number,
): void {
  const strength = Math.round(opacity * 257);
  const to = luma.offset + y * luma.stride + x;
  kernels.blend(room.at, stride, to, luma.stride, width, height, brightness, strength);
  const [at, rows] = [(y >> 1) * blue.stride + (x >> 1), (height + 1) >> 1];
  const [u, v] = [blue.offset + at, red.offset + at];
  kernels.blendColor(room.at, stride, u, v, blue.stride, width, rows, blueness, redness, strength);
}
