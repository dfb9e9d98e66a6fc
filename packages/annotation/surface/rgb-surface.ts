import { mix, strengthOf } from './mix.ts';
import { scratchMask } from './scratch-mask.ts';
import { visiblePart } from './surface.ts';
import type { Mask, Rgb, Surface } from './surface.ts';

/** Packed pixels: red, green and blue, without padding. */
export class RgbSurface implements Surface {
  readonly width: number;
  readonly height: number;
  readonly #data: Uint8Array;

  constructor(data: Uint8Array, width: number, height: number) {
    this.#data = data;
    this.width = width;
    this.height = height;
  }

  blend(mask: Mask, [red, green, blue]: Rgb, opacity: number): void {
    const data = this.#data;
    const { left, top, right, bottom } = visiblePart(mask, this);
    const strength = strengthOf(opacity);
    for (let y = top; y < bottom; y++) {
      let from = (y - mask.y) * mask.width + left - mask.x;
      let to = (y * this.width + left) * 3;
      for (let x = left; x < right; x++, from++, to += 3) {
        const part = (mask.coverage[from] as number) * strength;
        if (part === 0) continue;
        data[to] = mix(data[to] as number, red, part);
        data[to + 1] = mix(data[to + 1] as number, green, part);
        data[to + 2] = mix(data[to + 2] as number, blue, part);
      }
    }
  }

  blendRows({ x, y, width, height, coverage }: Mask, color: Rgb, opacity: number): void {
    const mask = scratchMask(x, y, width, height);
    for (let row = 0; row < height; row++) mask.coverage.fill(coverage[row] as number, row * width, (row + 1) * width);
    this.blend(mask, color, opacity);
  }

  blendColumns({ x, y, width, height, coverage }: Mask, color: Rgb, opacity: number): void {
    const mask = scratchMask(x, y, width, height);
    for (let row = 0; row < height; row++) mask.coverage.set(coverage.subarray(0, width), row * width);
    this.blend(mask, color, opacity);
  }
}
