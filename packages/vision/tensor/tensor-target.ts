import type { InputSpec } from '#packages/model-package';

import { toFloat16Bits } from './float16.ts';

export type InputData = Float32Array | Uint16Array | Uint8Array;

/** Where a kernel puts the values of an image: element of (x, y, channel) = y·stepY + x·stepX + planes[channel]. */
export interface TensorTarget {
  readonly data: InputData;
  /** For each channel of the source (red, green, blue or grey): 8-bit value to element. */
  readonly tables: readonly InputData[];
  readonly stepX: number;
  readonly stepY: number;
  /** For each channel of the source the offset of its plane. */
  readonly planes: readonly number[];
}

export function channelsOf(input: Pick<InputSpec, 'color'>): 1 | 3 {
  return input.color === 'GRAY' ? 1 : 3;
}

/** Allocates the input tensor of one image and the tables that fill it. */
export function createTarget(input: InputSpec): TensorTarget {
  const channels = channelsOf(input);
  const data = allocate(input, input.width * input.height * channels);
  const planar = input.layout === 'NCHW';
  const order = input.color === 'BGR' ? [2, 1, 0] : channels === 1 ? [0] : [0, 1, 2];
  return {
    data,
    tables: order.map((channel) => valueTable(input, channel)),
    stepX: planar ? 1 : channels,
    stepY: planar ? input.width : input.width * channels,
    planes: order.map((channel) => (planar ? channel * input.width * input.height : channel)),
  };
}

/** The part of a target that begins at a pixel. */
export function targetAt(target: TensorTarget, at: { readonly x: number; readonly y: number }): TensorTarget {
  const shift = at.x * target.stepX + at.y * target.stepY;
  return shift === 0 ? target : { ...target, planes: target.planes.map((plane) => plane + shift) };
}

/** Fills the whole tensor with one grey value, for the bars of a letterbox. */
export function fillTarget(target: TensorTarget, grey: number): void {
  const value = Math.round(grey);
  const { data, planes, stepX } = target;
  if (stepX === 1) {
    const size = data.length / planes.length;
    planes.forEach((plane, index) =>
      data.fill((target.tables[index] as InputData)[value] as number, plane, plane + size),
    );
    return;
  }
  planes.forEach((plane, index) => {
    const element = (target.tables[index] as InputData)[value] as number;
    for (let at = plane; at < data.length; at += stepX) data[at] = element;
  });
}

/** (value - mean) / std for the 256 values of a byte, of one channel of the tensor. */
function valueTable(input: InputSpec, channel: number): InputData {
  const mean = input.mean[channel] ?? input.mean[0] ?? 0;
  const std = input.std[channel] ?? input.std[0] ?? 1;
  const table = allocate(input, 256);
  for (let value = 0; value < 256; value++) {
    const normal = (value - mean) / std;
    if (input.dtype === 'float16') table[value] = toFloat16Bits(normal);
    else if (input.dtype === 'uint8') table[value] = Math.min(255, Math.max(0, Math.round(normal)));
    else table[value] = normal;
  }
  return table;
}

function allocate(input: InputSpec, length: number): InputData {
  switch (input.dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'float16':
      return new Uint16Array(length);
    case 'uint8':
      return new Uint8Array(length);
  }
}
