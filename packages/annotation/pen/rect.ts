import type { Mask, PixelRect, Rgb, Surface } from '../surface/surface.ts';
import { scratchMask } from '../surface/scratch-mask.ts';

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
  const outer = rounded(rect, radius);
  const reach = { corner: Math.ceil(outer.radius) + 2, line: undefined };
  drawOutline(surface, bounds(rect), { outer, inner: undefined }, reach, color, opacity);
}

/** A line of the given width along the edges, half of it inside. */
export function strokeRect(surface: Surface, rect: Rect, width: number, { radius, color, opacity }: RectStyle): void {
  const half = width / 2;
  const [around, hollow] = [inflated(rect, half), inflated(rect, -half)];
  const outer = rounded(around, radius + half);
  const isHollow = hollow.width > 0 && hollow.height > 0;
  const inner = isHollow ? rounded(hollow, Math.max(0, radius - half)) : undefined;
  const reach = { corner: Math.ceil(width + outer.radius) + 2, line: Math.ceil(width) + 2 };
  drawOutline(surface, bounds(around), { outer, inner }, reach, color, opacity);
}

interface RoundedRect {
  readonly middleX: number;
  readonly middleY: number;
  /** From the middle to the centers of the round corners. */
  readonly reachX: number;
  readonly reachY: number;
  readonly radius: number;
}

/** Corners meet where a side is shorter than two of them. */
function rounded({ x, y, width, height }: Rect, wanted: number): RoundedRect {
  const radius = Math.min(wanted, width / 2, height / 2);
  const [reachX, reachY] = [width / 2 - radius, height / 2 - radius];
  return { middleX: x + width / 2, middleY: y + height / 2, reachX, reachY, radius };
}

/** The area between two outlines, or inside the outer one. */
interface Shape {
  readonly outer: RoundedRect;
  readonly inner: RoundedRect | undefined;
}

/** Pixels. Beyond the corners, rows or columns are covered evenly; beyond the line, nothing is. */
interface Reach {
  readonly corner: number;
  /** Undefined if the inside is filled. */
  readonly line: number | undefined;
}

/** Corners pixel by pixel; between them, whole rows and columns at once. */
function drawOutline(
  surface: Surface,
  { x, y, width, height }: Rect,
  shape: Shape,
  { corner, line }: Reach,
  color: Rgb,
  opacity: number,
): void {
  const columns = cornersAndMiddle(x, x + width, corner);
  const rows = cornersAndMiddle(y, y + height, corner);
  for (const across of columns.corners) {
    for (const down of rows.corners) {
      const { x: left, y: top, width: wide, height: high } = partOf(surface, across, down);
      const mask = scratchMask(left, top, wide, high);
      cover(shape, mask);
      surface.blend(mask, color, opacity);
    }
  }
  for (const down of line === undefined ? [[y, y + height] as const] : bothEnds(y, y + height, line)) {
    const rect = partOf(surface, columns.middle, down);
    const coverage = new Uint8Array(rect.height);
    cover(shape, { ...rect, x: x + (width >> 1), width: 1, coverage });
    surface.blendRows({ ...rect, coverage }, color, opacity);
  }
  for (const across of line === undefined ? columns.corners : bothEnds(x, x + width, line)) {
    const rect = partOf(surface, across, rows.middle);
    const coverage = new Uint8Array(rect.width);
    cover(shape, { ...rect, y: y + (height >> 1), height: 1, coverage });
    surface.blendColumns({ ...rect, coverage }, color, opacity);
  }
}

/** Whole pixels, the end excluded. */
type Range = readonly [start: number, end: number];

/** Color is stored for 2 × 2 pixels: parts that meet at an even one share none. */
function cornersAndMiddle(start: number, end: number, corner: number): { corners: readonly Range[]; middle: Range } {
  const first = 2 * Math.ceil((start + corner) / 2);
  const last = 2 * Math.floor((end - corner) / 2);
  if (first >= last) return { corners: [[start, end]], middle: [end, end] };
  return {
    corners: [
      [start, first],
      [last, end],
    ],
    middle: [first, last],
  };
}

function bothEnds(start: number, end: number, length: number): readonly Range[] {
  if (2 * length >= end - start) return [[start, end]];
  return [
    [start, start + length],
    [end - length, end],
  ];
}

/** The part that is in the picture. */
function partOf({ width, height }: Surface, [left, right]: Range, [top, bottom]: Range): PixelRect {
  const [x, y] = [Math.max(0, left), Math.max(0, top)];
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, right) - x),
    height: Math.max(0, Math.min(height, bottom) - y),
  };
}

/** Fills a mask with what the shape covers of each pixel. */
function cover({ outer, inner }: Shape, { x, y, width, height, coverage }: Mask): void {
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      const all = covered(outer, x + column + 0.5, y + row + 0.5);
      const hollow = inner ? covered(inner, x + column + 0.5, y + row + 0.5) : 0;
      coverage[at] = 255 * (all - hollow) + 0.5;
    }
  }
}

/** How much of a pixel around this point lies inside, 0 to 1. */
function covered({ middleX, middleY, reachX, reachY, radius }: RoundedRect, x: number, y: number): number {
  const dx = Math.abs(x - middleX) - reachX;
  const dy = Math.abs(y - middleY) - reachY;
  const outside = dx > 0 && dy > 0 ? Math.sqrt(dx * dx + dy * dy) : dx > dy ? dx : dy;
  const inside = radius + 0.5 - outside;
  return inside <= 0 ? 0 : inside >= 1 ? 1 : inside;
}

function inflated({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x - by, y: y - by, width: width + 2 * by, height: height + 2 * by };
}

/** Whole pixels around it. */
function bounds({ x, y, width, height }: Rect): Rect {
  const [left, top] = [Math.floor(x - 0.5), Math.floor(y - 0.5)];
  return { x: left, y: top, width: Math.ceil(x + width + 0.5) - left, height: Math.ceil(y + height + 0.5) - top };
}
