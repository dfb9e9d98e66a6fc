import type { ResizeFilter } from '#packages/model-package';

/**
 * One pass over an image: of `source`, `region` is resized to `resized`; of that, `window` is kept and put at `at` in the `canvas`,
 * whose other pixels are bars. All numbers are whole pixels.
 */
export interface Geometry {
  readonly source: Size;
  readonly region: Size & Point;
  readonly resized: Size;
  readonly filter: ResizeFilter;
  readonly window: Size & Point;
  readonly at: Point;
  readonly canvas: Size;
  /** Value of the bars, one for all channels or one for each; undefined if the window fills the canvas. */
  readonly bars: readonly number[] | undefined;
}

/** Where the image lies in the tensor: image = tensor * scale + offset, both as fractions of width and height. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
  /** Of the tensor, in pixels. */
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The way back through all passes, from the last one's canvas to the image. */
export function placementOf(passes: readonly Geometry[]): Placement {
  const [first, ...rest] = passes.map(wayBack);
  if (!first) throw new Error('there is no pass');
  const whole = rest.reduce(
    (back, next) => ({
      scaleX: back.scaleX * next.scaleX,
      scaleY: back.scaleY * next.scaleY,
      offsetX: back.scaleX * next.offsetX + back.offsetX,
      offsetY: back.scaleY * next.offsetY + back.offsetY,
    }),
    first,
  );
  const { width, height } = (passes.at(-1) as Geometry).canvas;
  return { ...whole, width, height };
}

function wayBack({ source, region, resized, window, at, canvas }: Geometry): Omit<Placement, 'width' | 'height'> {
  const back = {
    scaleX: canvas.width / resized.width,
    scaleY: canvas.height / resized.height,
    offsetX: (window.x - at.x) / resized.width,
    offsetY: (window.y - at.y) / resized.height,
  };
  if (region.width === source.width && region.height === source.height) return back;
  const [partX, partY] = [region.width / source.width, region.height / source.height];
  return {
    scaleX: back.scaleX * partX,
    scaleY: back.scaleY * partY,
    offsetX: back.offsetX * partX + region.x / source.width,
    offsetY: back.offsetY * partY + region.y / source.height,
  };
}
