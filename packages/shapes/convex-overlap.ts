type Point = readonly [x: number, y: number];

/**
 * Intersection over union of two convex polygons whose corners go around in the same sense, 0..1.
 * Source: Sutherland and Hodgman, "Reentrant Polygon Clipping", 1974; the area is the shoelace formula's.
 */
export function convexOverlap(one: readonly Point[], other: readonly Point[]): number {
  const sign = signedArea(other) < 0 ? -1 : 1;
  let shared = one;
  other.forEach((from, at) => {
    const to = other[(at + 1) % other.length] as Point;
    const side = ([x, y]: Point): number =>
      sign * ((to[0] - from[0]) * (y - from[1]) - (to[1] - from[1]) * (x - from[0]));
    shared = clipped(shared, side);
  });
  const [a, b, both] = [one, other, shared].map((polygon) => Math.abs(signedArea(polygon))) as [number, number, number];
  return a + b - both > 0 ? both / (a + b - both) : 0;
}

/** The part of a polygon where `side` is not negative; `side` is linear. */
function clipped(polygon: readonly Point[], side: (point: Point) => number): readonly Point[] {
  return polygon.flatMap((point, at) => {
    const before = polygon.at(at - 1) as Point;
    const [was, is] = [side(before), side(point)];
    const crossing = (): Point => {
      const part = was / (was - is);
      return [before[0] + part * (point[0] - before[0]), before[1] + part * (point[1] - before[1])];
    };
    if (is >= 0) return was < 0 ? [crossing(), point] : [point];
    return was >= 0 ? [crossing()] : [];
  });
}

function signedArea(polygon: readonly Point[]): number {
  return (
    polygon.reduce((sum, [x, y], at) => {
      const [nextX, nextY] = polygon[(at + 1) % polygon.length] as Point;
      return sum + x * nextY - nextX * y;
    }, 0) / 2
  );
}
