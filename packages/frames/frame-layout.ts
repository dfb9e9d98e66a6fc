export const FORMATS = ['yuv420p', 'nv12', 'bgr24', 'rgb24', 'gray'] as const;
/** As ffmpeg names them. */
export type FrameFormat = (typeof FORMATS)[number];
export const MATRICES = ['bt601', 'bt709', 'bt2020'] as const;
export const RANGES = ['limited', 'full'] as const;

/** How a decoded picture lies in memory: its planes one behind the other, rows from the top. */
export interface FrameLayout {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: FrameFormat;
  /** Bytes from one row to the next, for each plane: 3 of yuv420p, 2 of nv12, else 1. */
  readonly strides: readonly number[];
  /** Of YUV. If the stream does not say, ffmpeg and OpenCV take `bt601`. */
  readonly matrix: (typeof MATRICES)[number];
  /** `limited`: brightness from 16 to 235, color from 16 to 240; `full`: 0 to 255. Of `gray` too; RGB is always full. */
  readonly range: (typeof RANGES)[number];
}

export interface RawFrame extends FrameLayout {
  /** May be longer than the frame. */
  readonly data: Uint8Array;
}

export interface FramePlane {
  /** First byte of the plane in the frame. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly rows: number;
  /** Bytes of a row that are pixels. */
  readonly columns: number;
}

/** Where each plane lies. Half sizes are rounded up. */
export function planesOf({ width, height, format, strides }: FrameLayout): readonly FramePlane[] {
  let offset = 0;
  return SHAPES[format](width, height).map(([columns, rows], index) => {
    const stride = strides[index] ?? columns;
    const plane = { offset, stride, rows, columns };
    offset += stride * rows;
    return plane;
  });
}

/** Bytes of a frame, padding of the rows included. */
export function frameBytes(layout: FrameLayout): number {
  return planesOf(layout).reduce((sum, { stride, rows }) => sum + stride * rows, 0);
}

/** Strides of a frame without padding. */
export function tightStrides(format: FrameFormat, width: number): readonly number[] {
  return SHAPES[format](width, 1).map(([columns]) => columns);
}

type PlaneShape = readonly [columns: number, rows: number];

const half = (size: number): number => (size + 1) >> 1;

const SHAPES: Readonly<Record<FrameFormat, (width: number, height: number) => readonly PlaneShape[]>> = {
  yuv420p: (width, height) => [
    [width, height],
    [half(width), half(height)],
    [half(width), half(height)],
  ],
  nv12: (width, height) => [
    [width, height],
    [2 * half(width), half(height)],
  ],
  bgr24: (width, height) => [[3 * width, height]],
  rgb24: (width, height) => [[3 * width, height]],
  gray: (width, height) => [[width, height]],
};
