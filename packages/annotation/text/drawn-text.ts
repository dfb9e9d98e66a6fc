import type { Rgb, Surface } from '../surface/surface.ts';
import { glyphMask } from './glyph-mask.ts';
import { CAPITAL_HEIGHT, GLYPHS, MISSING_GLYPH } from './glyphs.ts';
import type { Glyph } from './glyphs.ts';

/** Between two glyphs, in their units. */
const GAP = 2.1;

export interface TextStyle {
  readonly x: number;
  /** Base line. */
  readonly y: number;
  /** Height of capitals, pixels. */
  readonly height: number;
  readonly color: Rgb;
}

/** Width of a text in pixels when capitals are `height` high. */
export function textWidth(text: string, height: number): number {
  const glyphs = glyphsOf(text);
  const width = glyphs.reduce((sum, [glyphWidth]) => sum + glyphWidth + GAP, -GAP);
  return (Math.max(0, width) * height) / CAPITAL_HEIGHT;
}

export function drawText(surface: Surface, text: string, { x, y, height, color }: TextStyle): void {
  const scale = height / CAPITAL_HEIGHT;
  const top = Math.round(y - height);
  let left = x;
  for (const glyph of glyphsOf(text)) {
    const quarters = Math.round(left * 4);
    const mask = glyphMask(glyph, height, quarters & 3);
    surface.blend({ ...mask, x: (quarters >> 2) + mask.left, y: top + mask.top }, color, 1);
    left += (glyph[0] + GAP) * scale;
  }
}

/** The longest beginning of the text that fits, with an ellipsis where something was cut. */
export function fittingText(text: string, height: number, maxWidth: number): string {
  if (textWidth(text, height) <= maxWidth) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join('')}…`, height) > maxWidth) characters.pop();
  return `${characters.join('')}…`;
}

/** Accents are left out where the letter below is drawn: `ü` becomes `u`. */
function glyphsOf(text: string): readonly Glyph[] {
  const plain = text.normalize('NFKD').replace(/\p{Mark}/gu, '');
  return [...plain].map(
    (character) => (Object.hasOwn(GLYPHS, character) ? GLYPHS[character] : undefined) ?? MISSING_GLYPH,
  );
}
