import { frameBytes, planesOf } from '#packages/frames';
import type { RawFrame } from '#packages/frames';
import type { Pixels } from '../image/pixels.ts';
import type { Tensor } from '../loaded-model.ts';
import type { Geometry, Placement, Size } from '../resize/geometry.ts';
import { PixelBuffer } from '../resize/pixel-buffer.ts';
import { tensorOf } from '../tensor/preprocessor.ts';
import type { Preprocessor } from '../tensor/preprocessor.ts';
import type { TensorForm } from '../tensor/tensor-target.ts';
import { visionErrors } from '../errors.ts';
import { PlainYuv } from './plain-yuv.ts';
import { rgbOf } from './rgb-of.ts';
import { WasmYuv } from './wasm-yuv.ts';
import type { YuvToTensor } from './yuv-to-tensor.ts';

export interface FilledFrame {
  readonly feed: Tensor;
  readonly placement: Placement;
}

/** Turns raw frames into a model's input tensor, which is one piece of memory, filled again by each call. */
export class FramePreprocessor {
  /** For what lies packed, and for steps and filters that need all pixels. */
  readonly #packed: Preprocessor;
  readonly #makeYuv: (form: TensorForm) => YuvToTensor;
  /** For frames whose tensor's size is not known before. */
  readonly #memory = new PixelBuffer();
  #size: Size | undefined;
  #yuv: YuvToTensor | undefined;
  #feed: Tensor | undefined;

  constructor(packed: Preprocessor, makeYuv: (form: TensorForm) => YuvToTensor = bestYuv) {
    this.#packed = packed;
    this.#makeYuv = makeYuv;
    const { width, height } = packed.preparation;
    if (width !== undefined && height !== undefined && isForKernel(packed.preparation)) this.#yuvFor({ width, height });
  }

  /** Memory to read a frame into, at least `bytes` long, valid until the next call; a frame that lies there is not copied. */
  take(bytes: number): Buffer {
    return this.#yuv ? this.#yuv.take(bytes) : this.#memory.takePixels(bytes);
  }

  /**
   * Resizes, converts and normalizes.
   * @throws EdgeError `image.frame-invalid` if the data is shorter than the layout says
   */
  fill(frame: RawFrame): FilledFrame {
    checkFrame(frame);
    const isYuv = frame.format === 'yuv420p' || frame.format === 'nv12';
    const plan = this.#packed.planFor(frame);
    if (!isYuv || !isForKernel(this.#packed.preparation) || plan.passes.length > 0 || !isBilinear(plan.last)) {
      const placement = this.#packed.fill(isYuv ? rgbOf(frame) : pixelsOf(frame));
      return { placement, feed: this.#packed.feed };
    }
    const yuv = this.#yuvFor(plan.last.canvas);
    yuv.fill(frame, plan.last);
    if (this.#feed?.data !== yuv.data) this.#feed = tensorOf(this.#packed.preparation, plan.last.canvas, yuv.data);
    return { placement: plan.placement, feed: this.#feed };
  }

  #yuvFor(size: Size): YuvToTensor {
    const { width, height } = size;
    if (this.#yuv && this.#size?.width === width && this.#size.height === height) return this.#yuv;
    this.#size = { width, height };
    this.#yuv = this.#makeYuv({ ...this.#packed.preparation, width, height });
    return this.#yuv;
  }
}

function bestYuv(form: TensorForm): YuvToTensor {
  return WasmYuv.create(form) ?? new PlainYuv(form);
}

/** Frames have red, green and blue of 8 bits. */
function isForKernel({ order, bits }: Preprocessor['preparation']): boolean {
  return order !== 'stored' && bits === 8;
}

/** A filter that needs all pixels does not matter if nothing is resized. */
function isBilinear({ filter, region, resized }: Geometry): boolean {
  return filter === 'bilinear' || (region.width === resized.width && region.height === resized.height);
}

function checkFrame(frame: RawFrame): void {
  const { width, height, format, strides, data } = frame;
  const planes = planesOf(frame);
  const isWhole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  const hasRoom = strides.length === planes.length && planes.every(({ stride, columns }) => stride >= columns);
  if (isWhole && hasRoom && data.length >= frameBytes(frame)) return;
  throw visionErrors.error(
    'image.frame-invalid',
    `a frame in ${format} of ${width}×${height} with strides ${strides.join()} needs ${isWhole ? frameBytes(frame) : 'some'} bytes; ${data.length} are there`,
  );
}

/** Without the padding of rows, red first. */
function pixelsOf(frame: RawFrame): Pixels {
  const { width, height, data, format } = frame;
  const channels = format === 'gray' ? 1 : 3;
  const columns = width * channels;
  const stride = frame.strides[0] ?? columns;
  if (stride === columns && format !== 'bgr24' && !(format === 'gray' && frame.range === 'limited'))
    return { width, height, channels, data };
  const pixels = new Uint8Array(columns * height);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, y * stride + columns);
    if (format === 'bgr24') swap(row, pixels, y * columns);
    else pixels.set(row, y * columns);
  }
  if (format === 'gray' && frame.range === 'limited') pixels.forEach((value, at) => (pixels[at] = FULL_RANGE[value]!));
  return { width, height, channels, data: pixels };
}

function swap(bgr: Uint8Array, rgb: Uint8Array, to: number): void {
  for (let at = 0; at < bgr.length; at += 3) {
    rgb[to + at] = bgr[at + 2]!;
    rgb[to + at + 1] = bgr[at + 1]!;
    rgb[to + at + 2] = bgr[at]!;
  }
}

const FULL_RANGE = Uint8ClampedArray.from({ length: 256 }, (_, value) => ((value - 16) * 255) / 219);
