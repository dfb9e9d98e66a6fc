import type { Pixels } from '../image/pixels.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';
import type { LinearTaps } from './linear-taps.ts';

/**
 * Resizes, normalizes and lays out in one pass: each value of the window is interpolated in OpenCV's fixed point
 * (see linear-taps.ts) and goes through the target's table to its place. No intermediate image.
 */
export function bilinearToTensor(pixels: Pixels, columns: LinearTaps, rows: LinearTaps, target: TensorTarget): void {
  if (pixels.channels === 1) return oneChannel(pixels, columns, rows, target);
  if (pixels.channels !== 3) return manyChannels(pixels, columns, rows, target);
  const { data, tables, stepX, stepY, planes } = target;
  const [redTable, greenTable, blueTable] = tables as readonly [
    TensorTarget['data'],
    TensorTarget['data'],
    TensorTarget['data'],
  ];
  const [red, green, blue] = planes as readonly [number, number, number];
  const source = pixels.data;
  const stride = pixels.width * 3;
  const width = columns.first.length;
  const { first, second, firstWeight, secondWeight } = columns;
  for (let y = 0; y < rows.first.length; y++) {
    const upper = (rows.first[y] as number) * stride;
    const lower = (rows.second[y] as number) * stride;
    const upperWeight = rows.firstWeight[y] as number;
    const lowerWeight = rows.secondWeight[y] as number;
    let to = y * stepY;
    for (let x = 0; x < width; x++, to += stepX) {
      const left = (first[x] as number) * 3;
      const right = (second[x] as number) * 3;
      const leftWeight = firstWeight[x] as number;
      const rightWeight = secondWeight[x] as number;
      const a = upper + left;
      const b = upper + right;
      const c = lower + left;
      const d = lower + right;
      // A row is below 2^20, shifted by 4 below 2^16, times 2^11 below 2^27: all within 32 bits.
      const r =
        (((upperWeight * (((source[a] as number) * leftWeight + (source[b] as number) * rightWeight) >> 4)) >> 16) +
          ((lowerWeight * (((source[c] as number) * leftWeight + (source[d] as number) * rightWeight) >> 4)) >> 16) +
          2) >>
        2;
      const g =
        (((upperWeight * (((source[a + 1] as number) * leftWeight + (source[b + 1] as number) * rightWeight) >> 4)) >>
          16) +
          ((lowerWeight * (((source[c + 1] as number) * leftWeight + (source[d + 1] as number) * rightWeight) >> 4)) >>
            16) +
          2) >>
        2;
      const l =
        (((upperWeight * (((source[a + 2] as number) * leftWeight + (source[b + 2] as number) * rightWeight) >> 4)) >>
          16) +
          ((lowerWeight * (((source[c + 2] as number) * leftWeight + (source[d + 2] as number) * rightWeight) >> 4)) >>
            16) +
          2) >>
        2;
      data[to + red] = redTable[r] as number;
      data[to + green] = greenTable[g] as number;
      data[to + blue] = blueTable[l] as number;
    }
  }
}

/** Gray goes to every plane. */
function oneChannel(pixels: Pixels, columns: LinearTaps, rows: LinearTaps, target: TensorTarget): void {
  const { data, tables, stepX, stepY, planes } = target;
  const source = pixels.data;
  const width = columns.first.length;
  const { first, second, firstWeight, secondWeight } = columns;
  for (let y = 0; y < rows.first.length; y++) {
    const upper = (rows.first[y] as number) * pixels.width;
    const lower = (rows.second[y] as number) * pixels.width;
    const upperWeight = rows.firstWeight[y] as number;
    const lowerWeight = rows.secondWeight[y] as number;
    let to = y * stepY;
    for (let x = 0; x < width; x++, to += stepX) {
      const left = first[x] as number;
      const right = second[x] as number;
      const leftWeight = firstWeight[x] as number;
      const rightWeight = secondWeight[x] as number;
      const above =
        ((source[upper + left] as number) * leftWeight + (source[upper + right] as number) * rightWeight) >> 4;
      const below =
        ((source[lower + left] as number) * leftWeight + (source[lower + right] as number) * rightWeight) >> 4;
      const value = (((upperWeight * above) >> 16) + ((lowerWeight * below) >> 16) + 2) >> 2;
      for (let plane = 0; plane < planes.length; plane++) {
        data[to + (planes[plane] as number)] = (tables[plane] as TensorTarget['data'])[value] as number;
      }
    }
  }
}

/** Any number of channels, each to its plane. */
function manyChannels(pixels: Pixels, columns: LinearTaps, rows: LinearTaps, target: TensorTarget): void {
  const { data, tables, stepX, stepY, planes } = target;
  const { data: source, channels, width } = pixels;
  for (let y = 0; y < rows.first.length; y++) {
    const upper = (rows.first[y] as number) * width;
    const lower = (rows.second[y] as number) * width;
    for (let x = 0; x < columns.first.length; x++) {
      const left = columns.first[x] as number;
      const right = columns.second[x] as number;
      const to = y * stepY + x * stepX;
      for (let channel = 0; channel < channels; channel++) {
        const across = (row: number): number =>
          ((source[(row + left) * channels + channel] as number) * (columns.firstWeight[x] as number) +
            (source[(row + right) * channels + channel] as number) * (columns.secondWeight[x] as number)) >>
          4;
        const above = ((rows.firstWeight[y] as number) * across(upper)) >> 16;
        const below = ((rows.secondWeight[y] as number) * across(lower)) >> 16;
        data[to + (planes[channel] as number)] = (tables[channel] as TensorTarget['data'])[
          (above + below + 2) >> 2
        ] as number;
      }
    }
  }
}
