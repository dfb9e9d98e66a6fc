/** Corners as fractions of width and height. */
export type Polygon = readonly (readonly [x: number, y: number])[];

/** 1 for each cell that is looked at, 0 for those whose middle lies inside a polygon. */
export function watchedCells(columns: number, rows: number, polygons: readonly Polygon[]): Uint8Array {
  const watched = new Uint8Array(columns * rows).fill(1);
  for (let row = 0, cell = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, cell++) {
      const x = (column + 0.5) / columns;
      const y = (row + 0.5) / rows;
      if (polygons.some((polygon) => isInside(polygon, x, y))) watched[cell] = 0;
    }
  }
  return watched;
}

/** Whether a ray to the right crosses the outline an odd number of times. */
function isInside(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  polygon.forEach(([x1, y1], index) => {
    const [x0, y0] = polygon[(index + polygon.length - 1) % polygon.length] as readonly [number, number];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0)) inside = !inside;
  });
  return inside;
}
