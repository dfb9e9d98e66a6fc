import type { JpegPicture } from '#packages/jpeg';

import { mix, strengthOf } from './mix.ts';
import { visiblePart } from './surface.ts';
import type { Mask, Rgb, Surface } from './surface.ts';

/** Planes of brightness and color as JPEG has them: what is drawn needs no way back from RGB. */
export class PictureSurface implements Surface {
  readonly width: number;
  readonly height: number;
  readonly #picture: JpegPicture;

  constructor(picture: JpegPicture) {
    this.#picture = picture;
    this.width = picture.width;
    this.height = picture.height;
  }

  blend(mask: Mask, color: Rgb, opacity: number): void {
    const [luma, blue, red] = yuvOf(color);
    const strength = strengthOf(opacity);
    this.#blendLuma(mask, luma, strength);
    this.#blendColor(mask, blue, red, strength);
  }

  #blendLuma(mask: Mask, value: number, strength: number): void {
    const { data, luma } = this.#picture;
    const { left, top, right, bottom } = visiblePart(mask, this);
    for (let y = top; y < bottom; y++) {
      let from = (y - mask.y) * mask.width + left - mask.x;
      let to = luma.offset + y * luma.stride + left;
      for (let x = left; x < right; x++, from++, to++) {
        const part = (mask.coverage[from] as number) * strength;
        if (part !== 0) data[to] = mix(data[to] as number, value, part);
      }
    }
  }

  /** One value of color stands for 2 × 2 pixels, and is covered as far as they are on average. */
  #blendColor(mask: Mask, blueValue: number, redValue: number, strength: number): void {
    const { data, blue, red } = this.#picture;
    const { left, top, right, bottom } = visiblePart(mask, this);
    const { coverage, width } = mask;
    for (let cy = top >> 1; cy < (bottom + 1) >> 1; cy++) {
      const upper = 2 * cy >= top ? (2 * cy - mask.y) * width : -1;
      const lower = 2 * cy + 1 < bottom ? (2 * cy + 1 - mask.y) * width : -1;
      for (let cx = left >> 1; cx < (right + 1) >> 1; cx++) {
        const hasFirst = 2 * cx >= left;
        const hasSecond = 2 * cx + 1 < right;
        const at = 2 * cx - mask.x;
        let sum = 0;
        if (upper >= 0) {
          if (hasFirst) sum += coverage[upper + at] as number;
          if (hasSecond) sum += coverage[upper + at + 1] as number;
        }
        if (lower >= 0) {
          if (hasFirst) sum += coverage[lower + at] as number;
          if (hasSecond) sum += coverage[lower + at + 1] as number;
        }
        if (sum === 0) continue;
        const part = (sum * strength) >> 2;
        const blueAt = blue.offset + cy * blue.stride + cx;
        const redAt = red.offset + cy * red.stride + cx;
        data[blueAt] = mix(data[blueAt] as number, blueValue, part);
        data[redAt] = mix(data[redAt] as number, redValue, part);
      }
    }
  }
}

/** Source: JFIF 1.02, page 3. The purest red and blue would be 255.5. */
function yuvOf([red, green, blue]: Rgb): Rgb {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  const level = (value: number): number => Math.min(255, Math.round(value));
  return [level(luma), level(128 + (blue - luma) / 1.772), level(128 + (red - luma) / 1.402)];
}
