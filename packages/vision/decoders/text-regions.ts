/** A turned rectangle: center, sides, and the angle of the first side in radians from the x axis. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly angle: number;
}

/** The smallest rectangle around a region, and how sure the model is of it. */
export interface Region extends Rectangle {
  readonly score: number;
}

/**
 * Calls `onRegion` with the hull of each region of a bitmap: x and y in turn, of pixels that touch at a side or a corner. Holes do not count.
 * The bitmap is empty afterward.
 */
export function eachRegion(
  bitmap: Uint8Array,
  width: number,
  height: number,
  onRegion: (hull: readonly number[]) => void,
): void {
  const stack = new Int32Array(width * height);
  const [left, right] = [new Int32Array(height), new Int32Array(height)];
  for (let start = 0; start < bitmap.length; start++) {
    if (bitmap[start] !== 1) continue;
    let [depth, top, bottom] = [1, height, -1];
    stack[0] = start;
    bitmap[start] = 0;
    while (depth > 0) {
      const at = stack[--depth] as number;
      const [x, y] = [at % width, Math.trunc(at / width)];
      // Rows between top and bottom are contiguous, so each is set before it is read.
      if (y < top || y > bottom) {
        left[y] = right[y] = x;
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
      } else {
        if (x < (left[y] as number)) left[y] = x;
        if (x > (right[y] as number)) right[y] = x;
      }
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
          const next = row * width + column;
          if (bitmap[next] !== 1) continue;
          bitmap[next] = 0;
          stack[depth++] = next;
        }
      }
    }
    onRegion(hullOf(left, right, top, bottom));
  }
}

/** Convex hull of the ends of rows. Source: Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979. */
function hullOf(left: Int32Array, right: Int32Array, top: number, bottom: number): readonly number[] {
  const chain = (side: Int32Array, sign: 1 | -1): number[] => {
    const points: number[] = [];
    for (let y = top; y <= bottom; y++) {
      const x = side[y] as number;
      while (points.length >= 4) {
        const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.slice(-4);
        if (sign * ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) > 0) break;
        points.length -= 2;
      }
      points.push(x, y);
    }
    return points;
  };
  const back = chain(left, -1);
  const hull = chain(right, 1);
  for (let at = back.length - 2; at >= 0; at -= 2) hull.push(back[at] as number, back[at + 1] as number);
  return hull;
}

/** The rectangle of least area around a convex hull; one of its sides lies on a side of the hull. Source: Freeman and Shapira, 1975. */
export function smallestRectangle(hull: readonly number[]): Rectangle {
  let best: Rectangle = { x: hull[0] as number, y: hull[1] as number, width: 0, height: 0, angle: 0 };
  let area = Infinity;
  for (let at = 0; at < hull.length; at += 2) {
    const next = (at + 2) % hull.length;
    const [dx, dy] = [
      (hull[next] as number) - (hull[at] as number),
      (hull[next + 1] as number) - (hull[at + 1] as number),
    ];
    const length = Math.hypot(dx, dy);
    if (length === 0) continue;
    const [cos, sin] = [dx / length, dy / length];
    let [u0, u1, v0, v1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let point = 0; point < hull.length; point += 2) {
      const [x, y] = [hull[point] as number, hull[point + 1] as number];
      const [u, v] = [x * cos + y * sin, y * cos - x * sin];
      [u0, u1, v0, v1] = [Math.min(u0, u), Math.max(u1, u), Math.min(v0, v), Math.max(v1, v)];
    }
    if ((u1 - u0) * (v1 - v0) >= area) continue;
    area = (u1 - u0) * (v1 - v0);
    const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
    best = { x: u * cos - v * sin, y: u * sin + v * cos, width: u1 - u0, height: v1 - v0, angle: Math.atan2(sin, cos) };
  }
  return best;
}

/** Corners in turn: x and y of each. */
export function cornersOf({ x, y, width, height, angle }: Rectangle): readonly (readonly [number, number])[] {
  const [ux, uy] = [(Math.cos(angle) * width) / 2, (Math.sin(angle) * width) / 2];
  const [vx, vy] = [(-Math.sin(angle) * height) / 2, (Math.cos(angle) * height) / 2];
  return [[x - ux - vx, y - uy - vy], [x + ux - vx, y + uy - vy], [x + ux + vx, y + uy + vy], [x - ux + vx, y - uy + vy]]; // prettier-ignore
}

/** Mean of the values below a rectangle, its edge included; the part outside of the map does not count. */
export function meanInside(values: ArrayLike<number>, width: number, height: number, rectangle: Rectangle): number {
  const corners = cornersOf(rectangle).map(([x, y]) => [whole(x), whole(y)] as const);
  const rows = corners.map(([, y]) => y);
  let [sum, count] = [0, 0];
  for (let y = Math.max(0, Math.min(...rows)); y <= Math.min(height - 1, Math.max(...rows)); y++) {
    const [from, to] = rowInside(corners, y);
    for (let x = Math.max(0, from); x <= Math.min(width - 1, to); x++) {
      sum += values[y * width + x] as number;
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** First and last pixel of a row of a convex polygon: its inside, and for each step along an edge the pixel that lies nearest to it. */
function rowInside(corners: readonly (readonly [number, number])[], y: number): readonly [number, number] {
  let [from, to] = [Infinity, -Infinity];
  const add = (low: number, high: number): void => void ([from, to] = [Math.min(from, low), Math.max(to, high)]);
  corners.forEach(([x0, y0], at) => {
    const [x1, y1] = corners[(at + 1) % corners.length] as readonly [number, number];
    const [low, high] = [Math.min(y0, y1), Math.max(y0, y1)];
    const xAt = (row: number): number => x0 + ((Math.min(Math.max(row, low), high) - y0) * (x1 - x0)) / (y1 - y0);
    if (y0 === y1) {
      if (y === y0) add(Math.min(x0, x1), Math.max(x0, x1));
    } else if (Math.abs(x1 - x0) <= high - low) {
      if (y >= low && y <= high) add(Math.round(xAt(y)), Math.round(xAt(y)));
    } else if (y >= low - 0.5 && y <= high + 0.5) {
      const ends = [xAt(y - 0.5), xAt(y + 0.5)] as const;
      const [first, last] = [Math.ceil(Math.min(...ends) - EXACT), Math.floor(Math.max(...ends) + EXACT)];
      if (first <= last) add(first, last);
    }
  });
  return [from, to];
}

/** Whole part of a number that may be a whole one but for rounding errors. */
function whole(value: number): number {
  return Math.trunc(Math.round(value / EXACT) * EXACT + Math.sign(value) * EXACT);
}

/** Corners are whole numbers: what is this near to one is one. */
const EXACT = 1e-9;
