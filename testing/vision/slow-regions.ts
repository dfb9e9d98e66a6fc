import type { Quad } from '#packages/model-package';

type XY = readonly [x: number, y: number];

/**
 * Regions of a map of probabilities by what they are, step by step and pixel by pixel. Of those that are tied, two rectangles are equally
 * small, and nobody can say which one is meant.
 */
export function slowRegions(
  values: readonly number[],
  width: number,
  height: number,
  options: { readonly dilate: boolean; readonly pixel: number; readonly score: number; readonly ratio: number },
): readonly { readonly corners: Quad; readonly score: number; readonly isTied: boolean }[] {
  const isOver = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && (values[y * width + x] as number) > options.pixel;
  const reach = options.dilate ? [0, 1] : [0];
  const pixels = values
    .map((_, at): XY => [at % width, Math.floor(at / width)])
    .filter(([x, y]) => reach.some((dx) => reach.some((dy) => isOver(x - dx, y - dy))));
  return groupsOf(pixels).flatMap((region) => {
    const core = rectangleOf(region);
    if (Math.min(core.width, core.height) < 3) return [];
    const under = covered(
      core.corners.map(([x, y]): XY => [whole(x), whole(y)]),
      width,
      height,
    );
    const score = under.reduce((sum, [x, y]) => sum + (values[y * width + x] as number), 0) / under.length;
    const by = (core.width * core.height * options.ratio) / (2 * (core.width + core.height));
    const isLarge = Math.min(core.width, core.height) + 2 * by >= 5;
    if (!core.isTied && (!(score >= options.score) || !isLarge)) return [];
    const center = mean(core.corners);
    const factors = [(core.width + 2 * by) / core.width, (core.height + 2 * by) / core.height] as const;
    const corners = core.corners.map(([x, y]) => {
      const [dx, dy] = [x - center[0], y - center[1]];
      const [u, v] = [dx * core.along[0] + dy * core.along[1], dy * core.along[0] - dx * core.along[1]];
      const [longer, wider] = [u * factors[0], v * factors[1]];
      const [gx, gy] = [longer * core.along[0] - wider * core.along[1], longer * core.along[1] + wider * core.along[0]];
      return [limit((center[0] + gx) / width), limit((center[1] + gy) / height)] as const;
    });
    return [{ corners: corners as unknown as Quad, score, isTied: core.isTied }];
  });
}

/** Rounding errors must not decide. */
function whole(value: number): number {
  return Math.trunc(Number(value.toFixed(6)));
}

function limit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Pixels that touch belong together: groups are joined until none touch. */
function groupsOf(pixels: readonly XY[]): readonly (readonly XY[])[] {
  const groups: XY[][] = [];
  for (const pixel of pixels) {
    const near = groups.filter((group) =>
      group.some(([x, y]) => Math.max(Math.abs(x - pixel[0]), Math.abs(y - pixel[1])) <= 1),
    );
    for (const group of near) groups.splice(groups.indexOf(group), 1);
    groups.push([pixel, ...near.flat()]);
  }
  return groups;
}

/** Of all directions from one pixel to another, the one in which the region fills the smallest rectangle. */
function rectangleOf(region: readonly XY[]) {
  const all = new Set(region.map(String));
  const steps = [[1, 0], [-1, 0], [0, 1], [0, -1]] as const; // prettier-ignore
  const rim = region.filter(([x, y]) => !steps.every(([dx, dy]) => all.has(`${x + dx},${y + dy}`)));
  const found = rim.flatMap(([x0, y0]) => rim.flatMap(([x1, y1]) => {
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (length === 0) return [];
    const [cos, sin] = [(x1 - x0) / length, (y1 - y0) / length];
    // A side of the rectangle lies on two pixels, and all others are on one side of it.
    if (rim.some(([x, y]) => (y - y0) * cos - (x - x0) * sin < -1e-9)) return [];
    const along = rim.map(([x, y]) => x * cos + y * sin);
    const across = rim.map(([x, y]) => y * cos - x * sin);
    const [u0, u1, v0, v1] = [Math.min(...along), Math.max(...along), Math.min(...across), Math.max(...across)];
    const corner = (u: number, v: number): XY => [u * cos - v * sin, u * sin + v * cos];
    const corners = [corner(u0, v0), corner(u1, v0), corner(u1, v1), corner(u0, v1)];
    return [{ area: (u1 - u0) * (v1 - v0), width: u1 - u0, height: v1 - v0, along: [cos, sin] as XY, corners }];
  })); // prettier-ignore
  const [best = { area: 0, width: 0, height: 0, along: [1, 0] as XY, corners: [] }, ...others] = found.sort((a, b) => a.area - b.area); // prettier-ignore
  const isTied = others.some(
    ({ area, along: [x, y] }) =>
      area < best.area + 1e-6 &&
      Math.abs((x * best.along[0] + y * best.along[1]) * (x * best.along[1] - y * best.along[0])) > 1e-9,
  );
  return { ...best, isTied };
}

function mean(points: readonly XY[]): XY {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis as 0 | 1], 0) / points.length) as never;
}

/** Pixels inside of a convex polygon of whole pixels, and the nearest ones along its edges. */
function covered(corners: readonly XY[], width: number, height: number): readonly XY[] {
  const edges = corners.map((corner, at) => [corner, corners[(at + 1) % corners.length] as XY] as const);
  const all = Array.from({ length: width * height }, (_, at): XY => [at % width, Math.floor(at / width)]);
  return all.filter(([x, y]) => {
    const turns = edges.map(([[x0, y0], [x1, y1]]) => (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0));
    const isInside = turns.every((turn) => turn >= 0) || turns.every((turn) => turn <= 0);
    return (isInside && isAmong(corners, x, y)) || edges.some((edge) => isNearest(edge, x, y));
  });
}

function isAmong(corners: readonly XY[], x: number, y: number): boolean {
  const [xs, ys] = [corners.map((corner) => corner[0]), corners.map((corner) => corner[1])];
  return x >= Math.min(...xs) && x <= Math.max(...xs) && y >= Math.min(...ys) && y <= Math.max(...ys);
}

function isNearest([[x0, y0], [x1, y1]]: readonly [XY, XY], x: number, y: number): boolean {
  if (!isAmong([[x0, y0], [x1, y1]], x, y)) return false; // prettier-ignore
  const [dx, dy] = [x1 - x0, y1 - y0];
  if (dx === 0 && dy === 0) return true;
  if (Math.abs(dx) > Math.abs(dy)) return Math.abs(y0 + ((x - x0) * dy) / dx - y) <= 0.5 + 1e-9;
  return Math.round(x0 + ((y - y0) * dx) / dy) === x;
}
