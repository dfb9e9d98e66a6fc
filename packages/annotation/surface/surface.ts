/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** A rectangle of whole pixels. */
export interface PixelRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How much of each pixel of a rectangle a shape covers, 0 to 255, row by row. It may reach beyond the picture. */
export interface Mask extends PixelRect {
  /** May be longer than the rectangle. */
  readonly coverage: Uint8Array;
}

/** Pixels that are drawn on. In each method, `opacity` is 0 to 1. */
export interface Surface {
  readonly width: number;
  readonly height: number;
  /** Lays one color over the pixels, as far as the mask covers them. */
  blend(mask: Mask, color: Rgb, opacity: number): void;
  /** The same for rows that are covered evenly: `coverage` has one value for each row. */
  blendRows(mask: Mask, color: Rgb, opacity: number): void;
  /** The same with one value for each column. */
  blendColumns(mask: Mask, color: Rgb, opacity: number): void;
}

/** The part of a mask that lies on a surface; pixels of the picture, ends excluded. */
export function visiblePart(mask: Mask, { width, height }: Pick<Surface, 'width' | 'height'>) {
  return {
    left: Math.max(0, mask.x),
    top: Math.max(0, mask.y),
    right: Math.min(width, mask.x + mask.width),
    bottom: Math.min(height, mask.y + mask.height),
  };
}
