import type { Box } from '#packages/model-package';

import type { Areas, Corner } from './areas.ts';

/** How the pixels of an image lie in its file: EXIF's Orientation, 1 for upright (CIPA DC-008, section 4.6.4). */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** The steps that make an image upright: mirrored left to right first, then turned clockwise. */
export interface Turn {
  readonly mirror: boolean;
  readonly degrees: 0 | 90 | 180 | 270;
}

export const TURNS: Readonly<Record<Orientation, Turn>> = {
  1: { mirror: false, degrees: 0 },
  2: { mirror: true, degrees: 0 },
  3: { mirror: false, degrees: 180 },
  4: { mirror: true, degrees: 180 },
  5: { mirror: true, degrees: 270 },
  6: { mirror: false, degrees: 90 },
  7: { mirror: true, degrees: 90 },
  8: { mirror: false, degrees: 270 },
};

/** Areas of the upright image where they are in its file, so that pixels are turned on their way out, not in memory. */
export function areasInFile({ polygons, boxes }: Areas, orientation: Orientation): Areas {
  const place = (corner: Corner): Corner => placeInFile(corner, orientation);
  return {
    polygons: polygons.map((polygon) => polygon.map(place)),
    boxes: boxes.map(([x0, y0, x1, y1]) => boxAround(place([x0, y0]), place([x1, y1]))),
  };
}

/** Undoes the turn, then the mirroring. */
function placeInFile([x = 0, y = 0]: Corner, orientation: Orientation): Corner {
  const { mirror, degrees } = TURNS[orientation];
  const [u, v] = turnedBack(x, y, degrees);
  return [mirror ? 1 - u : u, v];
}

function turnedBack(x: number, y: number, degrees: Turn['degrees']): readonly [number, number] {
  switch (degrees) {
    case 0:
      return [x, y];
    case 90:
      return [y, 1 - x];
    case 180:
      return [1 - x, 1 - y];
    case 270:
      return [1 - y, x];
  }
}

function boxAround([x0 = 0, y0 = 0]: Corner, [x1 = 0, y1 = 0]: Corner): Box {
  return [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)];
}
