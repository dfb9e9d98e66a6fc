import { preparationOf } from '#packages/model-package';
import type { InputSpec, Preparation } from '#packages/model-package';
import type { PictureStatistics, Tensor } from '../loaded-model.ts';
import type { Placement, Size } from '../resize/geometry.ts';
import { numbersOfHalves } from '../tensor/float16.ts';
import { PARTS, PointGrid, POINTS } from './point-grid.ts';

/** Floor of the brightness, so that the noise of a black one is not contrast. In steps of brightness. */
const LEAST_BRIGHTNESS = 8;
/** Floor of the deviation: rounding alone deviates as much. */
const LEAST_DEVIATION = 0.5;
/** Of each point: itself, left, right, above, below. */
const READS = 5;

/**
 * Reads brightness, contrast, sharpness and layout of a picture off the model's input tensor: 1,440 points of what the model sees, at
 * the size at which it sees it, so that the camera's resolution and the way of decoding take no part. Of color the green stands for
 * the brightness. Normalization is undone first.
 */
export class PictureReader {
  readonly #preparation: Preparation;
  readonly #scale: number;
  readonly #offset: number;
  readonly #values = new Float32Array(READS * POINTS);
  /** For tensors of the last size. */
  #grid: { readonly size: Size; readonly points: PointGrid } | undefined;

  constructor(input: InputSpec) {
    this.#preparation = preparationOf(input);
    const { mean, std, channels, bits } = this.#preparation;
    const channel = channels === 1 ? 0 : 1;
    const inBytes = 255 / (2 ** bits - 1);
    this.#scale = (std[channel] ?? std[0] ?? 1) * inBytes;
    this.#offset = (mean[channel] ?? mean[0] ?? 0) * inBytes;
  }

  /** Undefined if the picture takes fewer than 3 × 3 pixels of the tensor. */
  read(tensor: Tensor, placement: Placement): PictureStatistics | undefined {
    const { layout, channels } = this.#preparation;
    const isPlanar = layout === 'NCHW';
    const [height = 0, width = 0] = tensor.shape.slice(isPlanar ? 2 : 1);
    const right = isPlanar ? 1 : channels;
    const points = this.#gridOf({ width, height }).pointsOf(placement);
    if (!points) return undefined;
    this.#gather(tensor, points, right, right * width);
    return this.#measure();
  }

  #gridOf(size: Size): PointGrid {
    if (this.#grid?.size.width === size.width && this.#grid.size.height === size.height) return this.#grid.points;
    const { layout, channels } = this.#preparation;
    const channel = channels === 1 ? 0 : 1;
    const points =
      layout === 'NCHW'
        ? new PointGrid(size, 1, channel * size.width * size.height)
        : new PointGrid(size, channels, channel);
    this.#grid = { size, points };
    return points;
  }

  #gather({ data, type }: Tensor, points: Int32Array, right: number, below: number): void {
    const values = this.#values;
    const elements = data as Float32Array;
    for (let point = 0, to = 0; point < points.length; point++, to += READS) {
      const at = points[point] as number;
      values[to] = elements[at] as number;
      values[to + 1] = elements[at - right] as number;
      values[to + 2] = elements[at + right] as number;
      values[to + 3] = elements[at - below] as number;
      values[to + 4] = elements[at + below] as number;
    }
    if (type !== 'float16') return;
    const numbers = numbersOfHalves();
    for (let at = 0; at < values.length; at++) values[at] = numbers[values[at] as number] as number;
  }

  #measure(): PictureStatistics {
    const values = this.#values;
    const perPart = POINTS / PARTS;
    const layout = new Uint8Array(PARTS);
    let [sum, squares, detail] = [0, 0, 0];
    for (let part = 0, at = 0; part < layout.length; part++) {
      let sumOfPart = 0;
      for (let point = 0; point < perPart; point++, at += READS) {
        const value = values[at] as number;
        const neighbors =
          (values[at + 1] as number) +
          (values[at + 2] as number) +
          (values[at + 3] as number) +
          (values[at + 4] as number);
        const laplacian = 4 * value - neighbors;
        sumOfPart += value;
        squares += value * value;
        detail += laplacian * laplacian;
      }
      sum += sumOfPart;
      layout[part] = Math.max(0, Math.min(255, Math.round((sumOfPart / perPart) * this.#scale + this.#offset)));
    }
    const count = POINTS;
    const mean = sum / count;
    const brightness = mean * this.#scale + this.#offset;
    const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean)) * Math.abs(this.#scale);
    const laplacian = Math.sqrt(detail / count) * Math.abs(this.#scale);
    return {
      brightness,
      contrast: deviation / Math.max(LEAST_BRIGHTNESS, brightness),
      sharpness: laplacian / Math.max(LEAST_DEVIATION, deviation),
      layout,
    };
  }
}
