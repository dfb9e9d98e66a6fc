import type { Preparation } from '#packages/model-package';

import type { Point, Size } from '../resize/geometry.ts';
import { roundHalfEven } from '../resize/round-half-even.ts';
import { toFloat16Bits } from './float16.ts';

export type InputData = Float32Array | Uint16Array | Uint8Array | Int8Array;

/** A tensor of images, and how a pixel's value becomes an element. */
export type TensorForm = Omit<Preparation, 'steps' | 'width' | 'height'> & Size;

/** Where a kernel puts the values of an image: element of (x, y, channel) = y·stepY + x·stepX + planes[channel]. */
export interface TensorTarget {
  readonly data: InputData;
  /** For each channel of the source (red, green, blue or gray): value to element. */
  readonly tables: readonly InputData[];
  readonly stepX: number;
  readonly stepY: number;
  /** For each channel of the source the offset of its plane. */
  readonly planes: readonly number[];
  /** For each channel of the source that of the tensor. */
  readonly order: readonly number[];
  /** The element of any value, e.g. of the bars, for a channel of the source. */
  element(value: number, channel: number): number;
}

/** Channels of the tensor in the order of those of the source. */
export function orderOf({ order, channels }: Pick<TensorForm, 'order' | 'channels'>): readonly number[] {
  return order === 'bgr' ? [2, 1, 0] : Array.from({ length: channels }, (_, channel) => channel);
}

/** Allocates the input tensor of one image and the tables that fill it. */
export function createTarget(form: TensorForm): TensorTarget {
  const { width, height, channels, bits } = form;
  const planar = form.layout === 'NCHW';
  const order = orderOf(form);
  const values = order.map((channel) => elementOf(form, channel));
  const tables = values.map((element) => {
    const table = allocate(form.dtype, bits === 8 ? 256 : 65_536);
    for (let value = 0; value < table.length; value++) table[value] = element(value);
    return table;
  });
  return {
    data: allocate(form.dtype, width * height * channels),
    tables,
    stepX: planar ? 1 : channels,
    stepY: planar ? width : width * channels,
    planes: order.map((channel) => (planar ? channel * width * height : channel)),
    order,
    element: (value, channel) => (values[channel] as (value: number) => number)(value),
  };
}

/** Pixels as a target, for what is resized once more: channels stay where they are. */
export function createPixelTarget(
  size: Size,
  channels: number,
  order: readonly number[],
  isDeep: boolean,
): TensorTarget {
  const identity = isDeep
    ? Uint16Array.from({ length: 65_536 }, (_, value) => value)
    : Uint8Array.from({ length: 256 }, (_, value) => value);
  return {
    data: new (isDeep ? Uint16Array : Uint8Array)(size.width * size.height * channels),
    tables: Array.from({ length: channels }, () => identity),
    stepX: channels,
    stepY: size.width * channels,
    planes: Array.from({ length: channels }, (_, channel) => channel),
    order,
    element: roundHalfEven,
  };
}

/** The part of a target that begins at a pixel. */
export function targetAt(target: TensorTarget, at: Point): TensorTarget {
  const shift = at.x * target.stepX + at.y * target.stepY;
  return shift === 0 ? target : { ...target, planes: target.planes.map((plane) => plane + shift) };
}

/** Fills the whole tensor with the value of the bars, one for all of its channels or one for each. */
export function fillTarget(target: TensorTarget, bars: readonly number[]): void {
  const { data, planes, stepX, order } = target;
  planes.forEach((plane, channel) => {
    const value = bars[order[channel] ?? 0] ?? bars[0] ?? 0;
    const table = target.tables[channel] as InputData;
    const element = table[value] ?? target.element(value, channel);
    if (stepX === 1) data.fill(element, plane, plane + data.length / planes.length);
    else for (let at = plane; at < data.length; at += stepX) data[at] = element;
  });
}

/** (value - mean) / std, of one channel of the tensor. Whole numbers are rounded half to even, as ONNX quantizes. */
function elementOf(form: TensorForm, channel: number): (value: number) => number {
  const mean = form.mean[channel] ?? form.mean[0] ?? 0;
  const std = form.std[channel] ?? form.std[0] ?? 1;
  switch (form.dtype) {
    case 'float32':
      return (value) => (value - mean) / std;
    case 'float16':
      return (value) => toFloat16Bits((value - mean) / std);
    case 'uint8':
      return (value) => Math.min(255, Math.max(0, roundHalfEven((value - mean) / std)));
    case 'int8':
      return (value) => Math.min(127, Math.max(-128, roundHalfEven((value - mean) / std)));
  }
}

function allocate(dtype: TensorForm['dtype'], length: number): InputData {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'float16':
      return new Uint16Array(length);
    case 'uint8':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
  }
}
