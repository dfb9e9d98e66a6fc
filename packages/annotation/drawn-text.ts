import { GLYPHS, MISSING_GLYPH } from './glyphs.ts';
import type { Glyph } from './glyphs.ts';

const CAPITAL_HEIGHT = 10;
const GAP = 2.1;
const STROKE = 1.3;

export interface TextStyle {
  readonly x: number;
  /** Base line. */
  readonly y: number;
  /** Height of capitals, pixels. */
  readonly height: number;
  readonly colour: string;
}

/** Width of a text in pixels when capitals are `height` high. */
export function textWidth(text: string, height: number): number {
  const glyphs = glyphsOf(text);
  const width = glyphs.reduce((sum, [glyphWidth]) => sum + glyphWidth + GAP, -GAP);
  return (Math.max(0, width) * height) / CAPITAL_HEIGHT;
}

/** One SVG element that draws the text. */
export function drawnText(text: string, { x, y, height, colour }: TextStyle): string {
  const scale = height / CAPITAL_HEIGHT;
  let left = 0;
  const glyphs = glyphsOf(text).map(([width, path]) => {
    const element = path === '' ? '' : `<path transform="translate(${round(left)} 0)" d="${path}"/>`;
    left += width + GAP;
    return element;
  });
  const place = `translate(${round(x)} ${round(y - height)}) scale(${round(scale)})`;
  return `<g transform="${place}" fill="none" stroke="${colour}" stroke-width="${STROKE}" stroke-linecap="round" stroke-linejoin="round">${glyphs.join('')}</g>`;
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

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
