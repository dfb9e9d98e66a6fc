import type { InputSpec } from '#packages/model-package';

/**
 * How an image comes into the model's input. The whole image is resized to `resized`; of that, `window` is kept
 * and put at `at` in the tensor. All numbers are whole pixels.
 */
export interface Geometry {
  readonly source: Size;
  readonly resized: Size;
  readonly window: Size & Point;
  readonly at: Point;
  readonly tensor: Size;
  /** From fractions of the tensor to fractions of the image. */
  readonly placement: Placement;
}

/** image = tensor * scale + offset, both as fractions of width and height. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

type ResizeSpec = Pick<InputSpec, 'width' | 'height' | 'resize' | 'align' | 'cropFraction'>;

/**
 * Rounding follows the reference code of each kind: letterbox in the centre as Ultralytics, at the top left as YOLOX,
 * centre crop as torchvision's Resize and CenterCrop.
 */
export function geometryOf(source: Size, spec: ResizeSpec): Geometry {
  switch (spec.resize) {
    case 'stretch':
      return geometry(source, spec, spec, { x: 0, y: 0, width: spec.width, height: spec.height }, { x: 0, y: 0 });
    case 'letterbox':
      return letterbox(source, spec);
    case 'center-crop':
      return centerCrop(source, spec);
  }
}

function letterbox(source: Size, spec: ResizeSpec): Geometry {
  const ratio = Math.min(spec.width / source.width, spec.height / source.height);
  const centered = spec.align === 'center';
  const fit = (side: number, limit: number): number => {
    const scaled = side * ratio;
    return clamp(centered ? roundHalfEven(scaled) : Math.floor(scaled + 1e-9), 1, limit);
  };
  const resized = { width: fit(source.width, spec.width), height: fit(source.height, spec.height) };
  const at = centered
    ? { x: padBefore(spec.width - resized.width), y: padBefore(spec.height - resized.height) }
    : { x: 0, y: 0 };
  return geometry(source, spec, resized, { x: 0, y: 0, ...resized }, at);
}

function centerCrop(source: Size, spec: ResizeSpec): Geometry {
  const width = Math.round(spec.width / spec.cropFraction);
  const height = Math.round(spec.height / spec.cropFraction);
  const ratio = Math.max(width / source.width, height / source.height);
  const resized = {
    width: Math.max(width, Math.floor(source.width * ratio + 1e-9)),
    height: Math.max(height, Math.floor(source.height * ratio + 1e-9)),
  };
  const window = {
    x: roundHalfEven((resized.width - spec.width) / 2),
    y: roundHalfEven((resized.height - spec.height) / 2),
    width: spec.width,
    height: spec.height,
  };
  return geometry(source, spec, resized, window, { x: 0, y: 0 });
}

function geometry(source: Size, tensor: Size, resized: Size, window: Size & Point, at: Point): Geometry {
  const placement = {
    scaleX: tensor.width / resized.width,
    scaleY: tensor.height / resized.height,
    offsetX: (window.x - at.x) / resized.width,
    offsetY: (window.y - at.y) / resized.height,
  };
  const size = (of: Size): Size => ({ width: of.width, height: of.height });
  return { source: size(source), resized: size(resized), window, at, tensor: size(tensor), placement };
}

/** Bars before the image; of an odd number the smaller half. Ultralytics: round(d / 2 - 0.1). */
function padBefore(bars: number): number {
  return Math.max(0, Math.round(bars / 2 - 0.1));
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
