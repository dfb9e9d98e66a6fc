import { frameBytes, planesOf } from '#packages/frames';
import type { FramePlane, RawFrame } from '#packages/frames';

import { colorChange } from './color-change.ts';
import type { ColorChange } from './color-change.ts';
import { colorKernels } from './color-kernels.ts';
import type { ColorKernels } from './color-kernels.ts';
import { pictureIn } from './jpeg-picture.ts';
import { jpegErrors } from './errors.ts';
import type { JpegPicture, PicturePlane } from './jpeg-picture.ts';
import { rgbToPlanes } from './rgb-to-planes.ts';

/** Makes pictures of frames, in memory that is used again for each: what it has returned holds until the next call. */
export class PictureMaker {
  readonly #kernels: ColorKernels;

  constructor(kernels: ColorKernels = colorKernels()) {
    this.#kernels = kernels;
  }

  /**
   * The frame itself is not changed.
   * @throws EdgeError `jpeg.frame-invalid` if it does not have the bytes of its layout
   */
  make(frame: RawFrame): JpegPicture {
    const { width, height, data, format } = frame;
    checkFrame(frame);
    const picture = pictureIn(this.#kernels, width, height);
    const { luma, blue, red } = picture;
    const memory = new Uint8Array(this.#kernels.memory.buffer);
    const [first, second, third] = planesOf(frame) as [FramePlane, FramePlane?, FramePlane?];
    if (format === 'rgb24' || format === 'bgr24') {
      rgbToPlanes(frame, picture);
      fillEnds(memory, picture);
      return picture;
    }
    copyPlane(data, first, memory, luma);
    if (second && third) {
      copyPlane(data, second, memory, blue);
      copyPlane(data, third, memory, red);
    } else if (second) {
      this.#split(data, second, memory, picture);
    } else {
      picture.data.fill(128, blue.offset);
    }
    fillEnds(memory, picture);
    this.#change(frame, picture);
    return picture;
  }

  #split(data: Uint8Array, plane: FramePlane, memory: Uint8Array, { blue, red, room }: JpegPicture): void {
    for (let row = 0; row < plane.rows; row++) {
      const from = plane.offset + row * plane.stride;
      memory.set(data.subarray(from, from + plane.columns), room.at);
      const count = plane.columns / 2;
      this.#kernels.split(room.at, count, blue.offset + row * blue.stride, red.offset + row * red.stride);
    }
  }

  #change(frame: RawFrame, picture: JpegPicture): void {
    const change = colorChange(frame.format === 'gray' ? { matrix: 'bt601', range: frame.range } : frame);
    if (!change) return;
    if (frame.matrix === 'bt601' || frame.format === 'gray') this.#stretch(change, picture, frame.format === 'gray');
    else this.#changeMatrix(change, picture);
  }

  /** The range alone: planes know nothing of each other. */
  #stretch({ black, ofY, uOfU }: ColorChange, { luma, blue, red }: JpegPicture, isGray: boolean): void {
    this.#kernels.stretch(luma.offset, luma.stride * luma.rows, black, ofY, ROUNDING);
    if (isGray) return;
    const colorBytes = blue.stride * blue.rows + red.stride * red.rows;
    this.#kernels.stretch(blue.offset, colorBytes, GRAY, uOfU, 128 * 32 + ROUNDING);
  }

  #changeMatrix({ black, ofY, ofU, ofV, uOfU, uOfV, vOfU, vOfV }: ColorChange, { luma, blue, red }: JpegPicture): void {
    for (let row = 0; row < luma.rows; row++) {
      const y = luma.offset + row * luma.stride;
      const u = blue.offset + (row >> 1) * blue.stride;
      const v = red.offset + (row >> 1) * red.stride;
      this.#kernels.luma(y, u, v, luma.columns, black, ofY, ofU, ofV);
      if (row % 2 === 1) this.#kernels.chroma(u, v, blue.columns, uOfU, uOfV, vOfU, vOfV);
    }
  }
}

const GRAY = 128 * 128;

function checkFrame(frame: RawFrame): void {
  const { width, height, strides, data } = frame;
  const isWhole = width >= 1 && height >= 1 && planesOf(frame).every(({ stride, columns }) => stride >= columns);
  if (isWhole && data.length >= frameBytes(frame)) return;
  throw jpegErrors.error(
    'jpeg.frame-invalid',
    `${data.length} bytes are not a frame in ${frame.format} of ${width}×${height} with strides ${strides.join()}`,
  );
}

const ROUNDING = 16;

function copyPlane(data: Uint8Array, from: FramePlane, memory: Uint8Array, to: PicturePlane): void {
  if (from.stride === to.stride) {
    memory.set(data.subarray(from.offset, from.offset + from.stride * from.rows), to.offset);
    return;
  }
  for (let row = 0; row < from.rows; row++) {
    const start = from.offset + row * from.stride;
    memory.set(data.subarray(start, start + from.columns), to.offset + row * to.stride);
  }
}

/** Repeats the last column and the last row of odd sizes. */
function fillEnds(memory: Uint8Array, { width, height, luma }: JpegPicture): void {
  if (width < luma.columns) {
    for (let row = 0; row < height; row++) {
      const end = luma.offset + row * luma.stride + width;
      memory[end] = memory[end - 1] as number;
    }
  }
  if (height < luma.rows) {
    const last = luma.offset + (height - 1) * luma.stride;
    memory.copyWithin(last + luma.stride, last, last + luma.stride);
  }
}
