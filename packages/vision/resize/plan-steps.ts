import { cropSide } from '#packages/model-package';
import type { CropStep, PadStep, PictureStep, ResizeStep } from '#packages/model-package';

import { visionErrors } from '../errors.ts';
import type { Geometry, Point, Size } from './geometry.ts';
import { resizedSize } from './resized-size.ts';
import { roundHalfEven } from './round-half-even.ts';

/**
 * Folds steps into as few passes over an image of this size as give the same pixels: a crop, a resize, a crop and a pad go together.
 * The three classic ways are one pass each.
 * @throws EdgeError `image.too-large` if a picture on the way has more pixels than `maxPixels`
 */
export function planSteps(source: Size, steps: readonly PictureStep[], maxPixels: number): readonly Geometry[] {
  const passes: Geometry[] = [];
  let pass = wholeOf(source);
  const add = (next: Geometry | undefined, again: (fresh: Geometry) => Geometry | undefined): void => {
    if (!next) {
      passes.push(pass);
      next = again(wholeOf(pass.canvas));
    }
    pass = next as Geometry;
    refuseLarge(source, pass.canvas, maxPixels);
  };
  for (const step of steps) {
    switch (step.step) {
      case 'resize': {
        const size = resizedSize(pass.canvas, step);
        add(resized(pass, size, step), (fresh) => resized(fresh, size, step));
        break;
      }
      case 'crop': {
        const size = croppedSize(pass.canvas, step);
        const filled = {
          width: Math.max(size.width, pass.canvas.width),
          height: Math.max(size.height, pass.canvas.height),
        };
        const black: PadStep = { step: 'pad', align: 'center', value: [0] };
        add(padded(pass, filled, black), (fresh) => padded(fresh, filled, black));
        const begin = cropBegin(pass.canvas, size, step);
        add(cropped(pass, size, begin), (fresh) => cropped(fresh, size, begin));
        break;
      }
      case 'pad': {
        const size = paddedSize(pass.canvas, step);
        add(padded(pass, size, step), (fresh) => padded(fresh, size, step));
        break;
      }
    }
  }
  return [...passes, pass];
}

/** A pass that changes nothing. */
function wholeOf({ width, height }: Size): Geometry {
  const size = { width, height };
  const whole = { x: 0, y: 0, width, height };
  return {
    source: size,
    region: whole,
    resized: size,
    filter: 'bilinear',
    window: whole,
    at: { x: 0, y: 0 },
    canvas: size,
    bars: undefined,
  };
}

/** Undefined if it takes another pass: pixels that have been resized, or bars, are to be resized. */
function resized(pass: Geometry, size: Size, { filter }: ResizeStep): Geometry | undefined {
  const { region, canvas, bars } = pass;
  if (isSame(canvas, size)) return pass;
  if (bars || !isUnresized(pass)) return undefined;
  return { ...pass, region, filter, resized: size, window: { x: 0, y: 0, ...size }, canvas: size };
}

function isUnresized({ region, resized: size, window }: Geometry): boolean {
  return isSame(region, size) && isSame(window, size);
}

/** Undefined if nothing of the picture is left. */
function cropped(pass: Geometry, size: Size, begin: Point): Geometry | undefined {
  const { region, window, at, canvas, bars } = pass;
  if (isSame(canvas, size)) return pass;
  if (!bars && isUnresized(pass)) {
    const part = { x: region.x + begin.x, y: region.y + begin.y, ...size };
    return { ...pass, region: part, resized: size, window: { x: 0, y: 0, ...size }, canvas: size };
  }
  const left = Math.max(at.x, begin.x);
  const top = Math.max(at.y, begin.y);
  const width = Math.min(at.x + window.width, begin.x + size.width) - left;
  const height = Math.min(at.y + window.height, begin.y + size.height) - top;
  if (width < 1 || height < 1) return undefined;
  const kept = { x: window.x + left - at.x, y: window.y + top - at.y, width, height };
  const isFull = width === size.width && height === size.height;
  return {
    ...pass,
    window: kept,
    at: { x: left - begin.x, y: top - begin.y },
    canvas: size,
    bars: isFull ? undefined : bars,
  };
}

/** Undefined if there are bars of another value already. */
function padded(pass: Geometry, size: Size, { align, value }: PadStep): Geometry | undefined {
  const { at, canvas, bars } = pass;
  if (isSame(canvas, size)) return pass;
  if (bars && (bars.length !== value.length || bars.some((one, index) => one !== value[index]))) return undefined;
  const before = (room: number): number => (align === 'center' ? Math.floor(room / 2) : 0);
  const shift = { x: before(size.width - canvas.width), y: before(size.height - canvas.height) };
  return { ...pass, at: { x: at.x + shift.x, y: at.y + shift.y }, canvas: size, bars: value };
}

function croppedSize(canvas: Size, { width, height, square, fraction }: CropStep): Size {
  if (width !== undefined && height !== undefined) return { width, height };
  const short = Math.min(canvas.width, canvas.height);
  if (square) return { width: short, height: short };
  return { width: cropSide(canvas.width, fraction ?? 1), height: cropSide(canvas.height, fraction ?? 1) };
}

function cropBegin(canvas: Size, size: Size, { align, rounding }: CropStep): Point {
  if (align === 'top-left') return { x: 0, y: 0 };
  const round = rounding === 'floor' ? Math.floor : roundHalfEven;
  return { x: round((canvas.width - size.width) / 2), y: round((canvas.height - size.height) / 2) };
}

function paddedSize(canvas: Size, { width, height, square, multiple }: PadStep): Size {
  if (width !== undefined && height !== undefined)
    return { width: Math.max(width, canvas.width), height: Math.max(height, canvas.height) };
  const long = Math.max(canvas.width, canvas.height);
  if (square) return { width: long, height: long };
  const up = (side: number): number => Math.ceil(side / (multiple ?? 1)) * (multiple ?? 1);
  return { width: up(canvas.width), height: up(canvas.height) };
}

function isSame(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}

function refuseLarge(source: Size, { width, height }: Size, maxPixels: number): void {
  if (width * height <= maxPixels) return;
  throw visionErrors.error(
    'image.too-large',
    `the steps of model.json make ${width}×${height} pixels of an image of ${source.width}×${source.height}; the limit is ${maxPixels}`,
    { facts: { width, height, maxPixels } },
  );
}
