import type { ResizeStep } from '#packages/model-package';

import type { Size } from './geometry.ts';
import { roundHalfEven } from './round-half-even.ts';

/** The size of a picture after a resize step; each side is at least one pixel. */
export function resizedSize(picture: Size, step: ResizeStep): Size {
  const { width, height } = step.enlarge ? wanted(picture, step) : notLarger(picture, wanted(picture, step));
  return { width: wholeMultiple(width, step.multiple), height: wholeMultiple(height, step.multiple) };
}

function wanted(picture: Size, step: ResizeStep): Size {
  const { width, height, mode, shortSide, longSide, maxSide, maxWidth = Infinity } = step;
  if (width !== undefined && height !== undefined) {
    if (mode === 'stretch') return { width, height };
    return mode === 'contain' ? contained(picture, width, height, step) : covered(picture, width, height, step);
  }
  if (width !== undefined) return { width, height: follow(picture.height, width, picture.width, step) };
  if (height !== undefined) return { width: Math.min(maxWidth, byHeight(picture, height, step)), height };
  const isWide = picture.width >= picture.height;
  const [long, short] = isWide ? [picture.width, picture.height] : [picture.height, picture.width];
  const sides =
    longSide === undefined
      ? bySide(long, short, shortSide ?? short, maxSide, step)
      : { long: longSide, short: follow(short, longSide, long, step) };
  return isWide ? { width: sides.long, height: sides.short } : { width: sides.short, height: sides.long };
}

/** The shorter side by a limit of the longer one is rounded first, as DETR's preparation does. */
function bySide(long: number, short: number, target: number, maxSide: number | undefined, step: ResizeStep) {
  const isTooLong = maxSide !== undefined && (long / short) * target > maxSide;
  const shorter = isTooLong ? Math.max(1, roundHalfEven((maxSide * short) / long)) : target;
  return { short: shorter, long: Math.min(maxSide ?? Infinity, follow(long, shorter, short, step)) };
}

function contained(picture: Size, width: number, height: number, step: ResizeStep): Size {
  const isByWidth = width / picture.width < height / picture.height;
  const [target, side] = isByWidth ? [width, picture.width] : [height, picture.height];
  return {
    width: Math.min(width, follow(picture.width, target, side, step)),
    height: Math.min(height, follow(picture.height, target, side, step)),
  };
}

function covered(picture: Size, width: number, height: number, step: ResizeStep): Size {
  const isByWidth = width / picture.width > height / picture.height;
  const [target, side] = isByWidth ? [width, picture.width] : [height, picture.height];
  return {
    width: Math.max(width, follow(picture.width, target, side, step)),
    height: Math.max(height, follow(picture.height, target, side, step)),
  };
}

/** PP-OCR rounds a short line up and fills it up, and cuts a long one to the width that its tensor gets. */
function byHeight(picture: Size, height: number, step: ResizeStep): number {
  const width = follow(picture.width, height, picture.height, step);
  const { truncateAbove = Infinity } = step;
  if (width <= truncateAbove) return width;
  return Math.max(truncateAbove, Math.trunc(height * (picture.width / picture.height)));
}

function notLarger(picture: Size, { width, height }: Size): Size {
  const isLarger = width > picture.width || height > picture.height;
  return isLarger ? { width: picture.width, height: picture.height } : { width, height };
}

/** What `side` becomes if `other` becomes `target`, in the order of operations of the code that rounds so. */
function follow(side: number, target: number, other: number, { rounding }: ResizeStep): number {
  switch (rounding) {
    case 'round':
      return Math.max(1, roundHalfEven(side * (target / other)));
    case 'truncate':
      return Math.max(1, Math.trunc(side * (target / other)));
    case 'floor':
      return Math.max(1, Math.floor((side * target) / other));
    case 'ceil':
      return Math.max(1, Math.ceil(target * (side / other)));
  }
}

function wholeMultiple(side: number, multiple: number): number {
  return multiple === 1 ? side : Math.max(multiple, roundHalfEven(side / multiple) * multiple);
}
