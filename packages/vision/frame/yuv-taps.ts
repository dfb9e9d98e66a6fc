import { planesOf } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';

import type { Geometry } from '../resize/geometry.ts';
import { linearTaps } from '../resize/linear-taps.ts';
import type { LinearTaps } from '../resize/linear-taps.ts';

/** Where one of Y, U and V lies in a frame, and which of its values make each position of the window. */
export interface ChannelTaps {
  readonly offset: number;
  readonly stride: number;
  /** `first` and `second` are bytes of the row. */
  readonly columns: LinearTaps;
  readonly rows: LinearTaps;
}

/**
 * Taps of OpenCV's INTER_LINEAR on a picture in which each value of color stands for 2 × 2 pixels. That is the picture that
 * OpenCV resizes: swscale, which makes RGB of YUV for it, repeats color rather than interpolates it.
 */
export function yuvTaps(layout: FrameLayout, { region, resized, window }: Geometry): readonly ChannelTaps[] {
  const columns = linearTaps(
    'columns',
    region.width,
    resized.width,
    { start: window.x, length: window.width },
    region.x,
  );
  const rows = linearTaps('rows', region.height, resized.height, { start: window.y, length: window.height }, region.y);
  const colorRows = moved(rows, (row) => row >> 1);
  const [luma, second, third] = planesOf(layout);
  if (!luma || !second) throw new Error(`${layout.format} does not have planes of color`);
  const at = ({ offset, stride }: { offset: number; stride: number }, shift: number, step: number): ChannelTaps => ({
    offset,
    stride,
    columns: moved(columns, (column) => (column >> 1) * step + shift),
    rows: colorRows,
  });
  return [
    { offset: luma.offset, stride: luma.stride, columns, rows },
    ...(third ? [at(second, 0, 1), at(third, 0, 1)] : [at(second, 0, 2), at(second, 1, 2)]),
  ];
}

function moved(taps: LinearTaps, move: (at: number) => number): LinearTaps {
  return { ...taps, first: taps.first.map(move), second: taps.second.map(move) };
}

/** Weights of rows, which are of 2048, as 16-bit factors of 32768. */
export function rowFactor(weight: number): number {
  return Math.min(32_767, weight << 4);
}
