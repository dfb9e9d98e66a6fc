/** An outline along the edges of pixels: `[x0, y0, x1, y1, …]`, corners of pixels; pixels of the mask lie to the right of it. */
export interface Outline {
  readonly points: readonly number[];
  /** The border of a hole, not of an object. */
  readonly isHole: boolean;
  /** Pixels inside. */
  readonly area: number;
}

/** Right, down, left, up. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/**
 * The borders of a mask, pixels that touch at a corner being neighbors; corners alone are kept.
 * @param cells 0 or 1, rows one after the other
 */
export function outlinesOf(cells: Uint8Array, width: number): readonly Outline[] {
  const height = cells.length / width;
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && cells[y * width + x] === 1;
  const seen = new Uint8Array(cells.length);
  const found: Outline[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Every border runs along the upper edge of a pixel somewhere.
      if (seen[y * width + x] === 0 && isInside(x, y) && !isInside(x, y - 1))
        found.push(follow(x, y, isInside, seen, width));
    }
  }
  return found;
}

function follow(
  startX: number,
  startY: number,
  isInside: (x: number, y: number) => boolean,
  seen: Uint8Array,
  width: number,
): Outline {
  const points: number[] = [];
  let [x, y, direction, area] = [startX, startY, 0, 0];
  let before = -1;
  do {
    if (direction === 0) seen[y * width + x] = 1;
    if (direction !== before) points.push(x, y);
    before = direction;
    const [dx, dy] = STEPS[direction] as (typeof STEPS)[number];
    area -= dx * y;
    [x, y] = [x + dx, y + dy];
    // The pixels ahead, to the left and to the right of the way.
    const right = isInside(x + (dx - dy - 1) / 2, y + (dx + dy - 1) / 2);
    const left = isInside(x + (dx + dy - 1) / 2, y + (dy - dx - 1) / 2);
    if (left) direction = (direction + 3) % 4;
    else if (!right) direction = (direction + 1) % 4;
  } while (x !== startX || y !== startY || direction !== 0);
  return { points, isHole: area < 0, area: Math.abs(area) };
}

/**
 * A closed outline with fewer points, none of those left out further than `tolerance` from it.
 * Source: Douglas and Peucker, "Algorithms for the reduction of the number of points", 1973; the ends are the first point and the one
 * furthest from it.
 */
export function simplified(points: readonly number[], tolerance: number): readonly number[] {
  const count = points.length / 2;
  if (count <= 3) return points;
  const at = (index: number): readonly [number, number] => [
    points[2 * (index % count)] as number,
    points[2 * (index % count) + 1] as number,
  ];
  const [startX, startY] = at(0);
  let furthest = 0;
  let most = -1;
  for (let index = 1; index < count; index++) {
    const [x, y] = at(index);
    const distance = Math.hypot(x - startX, y - startY);
    if (distance > most) [furthest, most] = [index, distance];
  }
  const kept = new Set([0, furthest]);
  const open: [number, number][] = [
    [0, furthest],
    [furthest, count],
  ];
  for (let span = open.pop(); span; span = open.pop()) {
    const [from, to] = span;
    const [split, distance] = worstBetween(from, to, at);
    if (distance <= tolerance) continue;
    kept.add(split);
    open.push([from, split], [split, to]);
  }
  return [...kept].sort((a, b) => a - b).flatMap(at);
}

function worstBetween(
  from: number,
  to: number,
  at: (index: number) => readonly [number, number],
): readonly [index: number, distance: number] {
  const [x0, y0] = at(from);
  const [x1, y1] = at(to);
  const length = Math.hypot(x1 - x0, y1 - y0);
  let worst = from;
  let most = 0;
  for (let index = from + 1; index < to; index++) {
    const [x, y] = at(index);
    const distance =
      length === 0 ? Math.hypot(x - x0, y - y0) : Math.abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length;
    if (distance > most) [worst, most] = [index, distance];
  }
  return [worst, most];
}
