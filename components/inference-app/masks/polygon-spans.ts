/** Corners as fractions of width and height. */
export type Polygon = readonly (readonly [x: number, y: number])[];

/** A piece of a row: from its first pixel to the one behind its last. */
export type Span = readonly [row: number, from: number, to: number];

/** Lines within a row of pixels on which its ends are looked for. */
const LINES_PER_ROW = 4;

/**
 * The pixels of a picture that a polygon covers, those that it covers in part included, in no order and perhaps more than once. An
 * outline that crosses itself does not leave a hole.
 */
export function spansOf(polygon: Polygon, width: number, height: number): readonly Span[] {
  const corners = polygon.map(([x, y]) => [x * width, y * height] as const);
  const ys = corners.map(([, y]) => y);
  const first = Math.max(0, Math.floor(Math.min(...ys)));
  const last = Math.min(height - 1, Math.ceil(Math.max(...ys)) - 1);
  const spans: Span[] = [];
  for (let row = first; row <= last; row++) {
    for (let line = 0; line <= LINES_PER_ROW; line++) {
      for (const [left, right] of insideOf(corners, row + line / LINES_PER_ROW)) {
        const from = Math.max(0, Math.floor(left));
        const to = Math.min(width, Math.ceil(right));
        if (from < to) spans.push([row, from, to]);
      }
    }
  }
  return spans;
}

/** Where a line is inside: its crossings of the outline, counted by direction (nonzero winding). */
function insideOf(corners: readonly (readonly [number, number])[], y: number): readonly (readonly [number, number])[] {
  const crossings = corners
    .flatMap(([x1, y1], index) => {
      const [x0, y0] = corners.at(index - 1)!;
      if (y0 > y === y1 > y) return [];
      return [{ x: x0 + ((y - y0) * (x1 - x0)) / (y1 - y0), turn: y1 > y0 ? 1 : -1 }];
    })
    .sort((a, b) => a.x - b.x);
  const pieces: [number, number][] = [];
  let winding = 0;
  let from = 0;
  for (const { x, turn } of crossings) {
    if (winding === 0) from = x;
    winding += turn;
    if (winding === 0) pieces.push([from, x]);
  }
  return pieces;
}
