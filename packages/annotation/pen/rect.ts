import type { Mask, Rgb, Surface } from '../surface/surface.ts';
import { scratchMask } from './scratch-mask.ts';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface RectStyle {
  /** Of the corners. */
  readonly radius: number;
  readonly color: Rgb;
  /** 0 to 1. */
  readonly opacity: number;
}

export function fillRect(surface: Surface, rect: Rect, { radius, color, opacity }: RectStyle): void {
  if (rect.width <= 0 || rect.height <= 0) return;
  const outer = { rect, radius: Math.min(radius, rect.width / 2, rect.height / 2) };
  drawBand(surface, outer, undefined, bounds(rect), color, opacity);
}

/** A line of the given width along the edges, half of it inside. */
export function strokeRect(surface: Surface, rect: Rect, width: number, { radius, color, opacity }: RectStyle): void {
  const half = width / 2;
  const outer = { rect: inflated(rect, half), radius: radius + half };
  const inner = { rect: inflated(rect, -half), radius: Math.max(0, radius - half) };
  const whole = bounds(outer.rect);
  const draw = (band: Rect): void => drawBand(surface, outer, inner, band, color, opacity);
  const corner = Math.ceil(width + outer.radius) + 2;
  const line = Math.ceil(width) + 2;
  const { x, y, width: columns, height: rows } = whole;
  if (columns <= 2 * corner || rows <= 2 * corner) {
    const isHollow = inner.rect.width > 0 && inner.rect.height > 0;
    return drawBand(surface, outer, isHollow ? inner : undefined, whole, color, opacity);
  }
  // Corners, and the edges between them, which are not wider than the line.
  const [right, bottom] = [x + columns, y + rows];
  for (const left of [x, right - corner]) {
    for (const top of [y, bottom - corner]) draw({ x: left, y: top, width: corner, height: corner });
  }
  for (const top of [y, bottom - line]) draw({ x: x + corner, y: top, width: columns - 2 * corner, height: line });
  for (const left of [x, right - line]) draw({ x: left, y: y + corner, width: line, height: rows - 2 * corner });
}

interface RoundedRect {
  readonly rect: Rect;
  readonly radius: number;
}

/** Draws what lies in the band, whole pixels, between two outlines, or inside the outer one. */
function drawBand(
  surface: Surface,
  outer: RoundedRect,
  inner: RoundedRect | undefined,
  band: Rect,
  color: Rgb,
  opacity: number,
): void {
  const left = Math.max(0, band.x);
  const top = Math.max(0, band.y);
  const mask = scratchMask(
    left,
    top,
    Math.min(surface.width, band.x + band.width) - left,
    Math.min(surface.height, band.y + band.height) - top,
  );
  if (mask.width === 0 || mask.height === 0) return;
  fillMask(mask, outer, inner);
  surface.blend(mask, color, opacity);
}

/** Between the corners all pixels of a row are alike, and all rows. */
function fillMask(mask: Mask, outer: RoundedRect, inner: RoundedRect | undefined): void {
  const { x: left, y: top, width, height, coverage } = mask;
  const [from, to] = straight(outer.rect.x, outer.rect.width, outer.radius, left, width);
  const [firstAlike, endAlike] = straight(outer.rect.y, outer.rect.height, outer.radius, top, height);
  const coverageAt = (x: number, y: number): number => {
    const hollow = inner ? covered(inner, left + x + 0.5, top + y + 0.5) : 0;
    return Math.round(255 * (covered(outer, left + x + 0.5, top + y + 0.5) - hollow));
  };
  for (let y = 0; y < height; y++) {
    const row = y * width;
    if (y > firstAlike && y < endAlike) {
      // Not copyWithin: a call of it costs more than the few pixels of a line.
      for (let at = row; at < row + width; at++) coverage[at] = coverage[at - width] as number;
      continue;
    }
    for (let x = 0; x < from; x++) coverage[row + x] = coverageAt(x, y);
    if (to > from) coverage.fill(coverageAt(from, y), row + from, row + to);
    for (let x = to; x < width; x++) coverage[row + x] = coverageAt(x, y);
  }
}

/** The pixels of a mask, ends excluded, that lie between the corners. */
function straight(
  start: number,
  length: number,
  radius: number,
  maskStart: number,
  maskLength: number,
): [number, number] {
  // The inner outline's corners end within twice the outer radius.
  const corner = 2 * radius + 2;
  const from = Math.min(maskLength, Math.max(0, Math.ceil(start + corner) - maskStart));
  return [from, Math.max(from, Math.min(maskLength, Math.floor(start + length - corner) - maskStart))];
}

/** How much of a pixel around this point lies inside, 0 to 1. */
function covered({ rect, radius }: RoundedRect, x: number, y: number): number {
  const dx = Math.abs(x - rect.x - rect.width / 2) - rect.width / 2 + radius;
  const dy = Math.abs(y - rect.y - rect.height / 2) - rect.height / 2 + radius;
  const outside = dx > 0 && dy > 0 ? Math.sqrt(dx * dx + dy * dy) : Math.max(dx, dy);
  return Math.min(1, Math.max(0, 0.5 - outside + radius));
}

function inflated({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** Whole pixels around it. */
function bounds({ x, y, width, height }: Rect): Rect {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  return { x: left, y: top, width: Math.ceil(x + width + 0.5) - left, height: Math.ceil(y + height + 0.5) - top };
}
