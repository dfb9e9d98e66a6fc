import { paintColumns, paintMask, paintRows } from '#packages/jpeg';
import type { JpegPicture, PictureColor } from '#packages/jpeg';

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
    paintMask(this.#picture, mask, planesOf(color), opacity);
  }

  blendRows(mask: Mask, color: Rgb, opacity: number): void {
    paintRows(this.#picture, mask, planesOf(color), opacity);
  }

  blendColumns(mask: Mask, color: Rgb, opacity: number): void {
    paintColumns(this.#picture, mask, planesOf(color), opacity);
  }
}

/** Source: JFIF 1.02, page 3. The purest red and blue would be 255.5. */
function planesOf([red, green, blue]: Rgb): PictureColor {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  const level = (value: number): number => Math.min(255, Math.round(value));
  return [level(luma), level(128 + (blue - luma) / 1.772), level(128 + (red - luma) / 1.402)];
}
