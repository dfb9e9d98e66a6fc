import { linesOf } from './glyph-lines.ts';
import type { Point } from './glyph-lines.ts';
import { CAPITAL_HEIGHT } from './glyphs.ts';
import type { Glyph } from './glyphs.ts';

/** Width of the strokes, in the units of the glyphs. */
const STROKE = 1.3;
/** Highest and lowest that a glyph reaches. */
const TOP = -1.5;
const BOTTOM = 14;

/** The pixels of one glyph, to be laid so that its origin is at a whole pixel. */
export interface GlyphMask {
  /** From the origin to the first column and row, whole pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly coverage: Uint8Array;
}

/** Letters of a few sizes, at four places between two pixels: what is drawn again and again need not be drawn again. */
const MAX_KEPT = 2_000;
const kept = new Map<string, GlyphMask>();

/** `shift` is the part of a pixel that the glyph lies to the right, in quarters: 0 to 3. */
export function glyphMask([width, path]: Glyph, height: number, shift: number): GlyphMask {
  const key = `${path} ${height} ${shift}`;
  const known = kept.get(key);
  if (known) return known;
  if (kept.size >= MAX_KEPT) kept.clear();
  const made = draw(width, path, height / CAPITAL_HEIGHT, shift / 4);
  kept.set(key, made);
  return made;
}

function draw(glyphWidth: number, path: string, scale: number, shift: number): GlyphMask {
  const radius = Math.max(0.5, (STROKE * scale) / 2);
  const margin = Math.ceil(radius + 1);
  const left = Math.floor(-0.5 * scale) - margin;
  const top = Math.floor(TOP * scale) - margin;
  const width = Math.ceil((glyphWidth + 0.5) * scale) + margin + 1 - left;
  const height = Math.ceil(BOTTOM * scale) + margin - top;
  const mask = { left, top, width, height, coverage: new Uint8Array(width * height) };
  for (const line of linesOf(path)) {
    const points = line.map(({ x, y }) => ({ x: x * scale + shift - left, y: y * scale - top }));
    points.forEach((point, index) => drawPiece(mask, points[index - 1] ?? point, point, radius));
  }
  return trimmed(mask);
}

/** Without the empty rows and columns around it. */
function trimmed({ left, top, width, height, coverage }: GlyphMask): GlyphMask {
  let [firstColumn, endColumn, firstRow, endRow] = [width, 0, height, 0];
  coverage.forEach((value, at) => {
    if (value === 0) return;
    const [column, row] = [at % width, Math.floor(at / width)];
    [firstColumn, endColumn] = [Math.min(firstColumn, column), Math.max(endColumn, column + 1)];
    [firstRow, endRow] = [Math.min(firstRow, row), Math.max(endRow, row + 1)];
  });
  const [columns, rows] = [Math.max(0, endColumn - firstColumn), Math.max(0, endRow - firstRow)];
  const kept = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    const from = (firstRow + row) * width + firstColumn;
    kept.set(coverage.subarray(from, from + columns), row * columns);
  }
  return { left: left + firstColumn, top: top + firstRow, width: columns, height: rows, coverage: kept };
}

/** A straight piece with round ends: what is nearer than the radius. */
function drawPiece({ width, height, coverage }: GlyphMask, a: Point, b: Point, radius: number): void {
  const reach = radius + 1;
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const right = Math.min(width, Math.ceil(Math.max(a.x, b.x) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(a.y, b.y) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(a.y, b.y) - reach)); y < bottom; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(a.x, b.x) - reach)); x < right; x++) {
      const [px, py] = [x + 0.5 - a.x, y + 0.5 - a.y];
      const along = length === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const covered = Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - distance)));
      const at = y * width + x;
      if (covered > (coverage[at] as number)) coverage[at] = covered;
    }
  }
}
