import type { Pixels } from '../image/pixels.ts';
import { createPixelTarget, fillTarget } from '../tensor/tensor-target.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';
import type { Geometry } from './geometry.ts';
import type { Resizer } from './resizer.ts';

/** Passes from a picture to a picture, for steps that do not fit into the one that fills the tensor. */
export class PicturePasses {
  readonly #order: readonly number[];
  readonly #makeResizer: (target: TensorTarget) => Resizer;
  readonly #kept: Kept[] = [];

  /** @param order for each channel of the pictures that of the tensor, which bars are given in */
  constructor(order: readonly number[], makeResizer: (target: TensorTarget) => Resizer) {
    this.#order = order;
    this.#makeResizer = makeResizer;
  }

  /** The picture after all passes; valid until the next call. */
  run(image: Pixels, passes: readonly Geometry[]): Pixels {
    const isColored = passes.some(({ bars = [] }) => bars.length > 1);
    let picture = isColored && image.channels === 1 ? threefold(image) : image;
    passes.forEach((pass, index) => (picture = this.#runOne(picture, pass, index)));
    return picture;
  }

  #runOne(picture: Pixels, pass: Geometry, index: number): Pixels {
    const { channels } = picture;
    const isDeep = picture.data instanceof Uint16Array;
    const last = this.#kept[index];
    const fits = last?.pass === pass && last.channels === channels && last.isDeep === isDeep;
    const kept = fits ? last : this.#make(pass, channels, isDeep);
    this.#kept[index] = kept;
    return { ...pass.canvas, channels, data: kept.run(picture) };
  }

  #make(pass: Geometry, channels: number, isDeep: boolean): Kept {
    const target = createPixelTarget(pass.canvas, channels, this.#order, isDeep);
    const { region, resized } = pass;
    if (region.width === resized.width && region.height === resized.height) {
      if (pass.bars) fillTarget(target, pass.bars);
      const data = target.data as Pixels['data'];
      return { pass, channels, isDeep, run: (picture) => copied(picture, pass, data) };
    }
    const resizer = this.#makeResizer(target);
    const run = (picture: Pixels): Pixels['data'] => {
      resizer.fill(picture, pass);
      return resizer.data as Pixels['data'];
    };
    return { pass, channels, isDeep, run };
  }
}

/** The tables of a pass, made once for the size of the last image. */
interface Kept {
  readonly pass: Geometry;
  readonly channels: number;
  readonly isDeep: boolean;
  run(picture: Pixels): Pixels['data'];
}

/** Nothing is resized: rows go to their places. */
function copied(picture: Pixels, { region, window, at, canvas }: Geometry, data: Pixels['data']): Pixels['data'] {
  const { channels } = picture;
  for (let y = 0; y < window.height; y++) {
    const from = ((region.y + window.y + y) * picture.width + region.x + window.x) * channels;
    const row = picture.data.subarray(from, from + window.width * channels);
    data.set(row, ((at.y + y) * canvas.width + at.x) * channels);
  }
  return data;
}

function threefold({ width, height, data }: Pixels): Pixels {
  const all = new (data.constructor as Uint8ArrayConstructor)(width * height * 3);
  for (let at = 0; at < all.length; at++) all[at] = data[Math.floor(at / 3)] as number;
  return { width, height, channels: 3, data: all };
}
