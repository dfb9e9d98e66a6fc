export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A stroke as straight pieces. */
export type Polyline = readonly Point[];

/** Pieces of a curve: glyphs are small. */
const PIECES = 10;

/**
 * The strokes of a path in SVG's notation as straight pieces: M, L, H, V, C, Z and, upright only, A; in capitals or, relative, small.
 * Source: SVG 2, chapter 9; arcs: appendix B.2.4.
 */
export function linesOf(path: string): readonly Polyline[] {
  const lines: Point[][] = [];
  let at: Point = { x: 0, y: 0 };
  let line: Point[] = [];
  const go = (point: Point): void => void line.push((at = point));
  for (const [, command = '', words = ''] of path.matchAll(/([a-zA-Z])([^a-zA-Z]*)/g)) {
    const n = Array.from(words.matchAll(/-?(?:\d+\.?\d*|\.\d+)/g), ([word]) => Number(word));
    const isRelative = command === command.toLowerCase();
    const [ox, oy] = isRelative ? [at.x, at.y] : [0, 0];
    const point = (index: number): Point => ({ x: ox + (n[index] as number), y: oy + (n[index + 1] as number) });
    switch (command.toUpperCase()) {
      case 'M':
        lines.push((line = []));
        go(point(0));
        break;
      case 'L':
        go(point(0));
        break;
      case 'H':
        go({ x: ox + (n[0] as number), y: at.y });
        break;
      case 'V':
        go({ x: at.x, y: oy + (n[0] as number) });
        break;
      case 'C':
        curve(at, point(0), point(2), point(4)).forEach(go);
        break;
      case 'A':
        arc(at, { x: n[0] as number, y: n[1] as number }, n[3] === 1, n[4] === 1, point(5)).forEach(go);
        break;
      case 'Z':
        go(line[0] as Point);
        break;
      default:
        throw new Error(`glyphs are not drawn with "${command}"`);
    }
  }
  return lines;
}

function curve(a: Point, b: Point, c: Point, d: Point): readonly Point[] {
  return Array.from({ length: PIECES }, (_, index) => {
    const t = (index + 1) / PIECES;
    const s = 1 - t;
    const mix = (p: number, q: number, r: number, u: number): number =>
      s * s * s * p + 3 * s * s * t * q + 3 * s * t * t * r + t * t * t * u;
    return { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) };
  });
}

function arc(from: Point, radius: Point, isLarge: boolean, isClockwise: boolean, to: Point): readonly Point[] {
  // On a circle of radius 1 around the middle of the two points.
  const half = { x: (from.x - to.x) / 2 / radius.x, y: (from.y - to.y) / 2 / radius.y };
  const distance = Math.hypot(half.x, half.y);
  // Radii that are too short grow until they reach.
  const grown = Math.max(1, distance);
  const [rx, ry] = [radius.x * grown, radius.y * grown];
  const [hx, hy] = [half.x / grown, half.y / grown];
  const reach = hx * hx + hy * hy;
  const away = (isLarge === isClockwise ? -1 : 1) * Math.sqrt(Math.max(0, 1 / reach - 1));
  const [cx, cy] = [away * hy, -away * hx];
  const start = Math.atan2(hy - cy, hx - cx);
  let turn = Math.atan2(-hy - cy, -hx - cx) - start;
  if (isClockwise && turn < 0) turn += 2 * Math.PI;
  if (!isClockwise && turn > 0) turn -= 2 * Math.PI;
  const middle = { x: (from.x + to.x) / 2 + cx * rx, y: (from.y + to.y) / 2 + cy * ry };
  return Array.from({ length: PIECES }, (_, index) => {
    const angle = start + (turn * (index + 1)) / PIECES;
    return { x: middle.x + rx * Math.cos(angle), y: middle.y + ry * Math.sin(angle) };
  });
}
