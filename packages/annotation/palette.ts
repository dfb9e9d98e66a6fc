import type { Rgb } from './surface/surface.ts';

export interface ClassColor {
  readonly fill: Rgb;
  /** Black or white, whichever can be read on it. */
  readonly ink: Rgb;
}

export const BLACK: Rgb = [0, 0, 0];
export const WHITE: Rgb = [255, 255, 255];

/** Turning by the golden angle keeps neighboring class numbers far apart on the color wheel, however many there are. */
const GOLDEN_ANGLE_DEGREES = 137.508;
const FIRST_HUE_DEGREES = 145;
const SATURATION = 0.85;
const LIGHTNESS = 0.52;

export function colorOf(classId: number): ClassColor {
  const hue = (((FIRST_HUE_DEGREES + classId * GOLDEN_ANGLE_DEGREES) % 360) + 360) % 360;
  const [red, green, blue] = rgbOf(hue);
  // Relative luminance, WCAG 2.2; 0.18 is where black and white have the same contrast.
  const luminance = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const fill: Rgb = [Math.round(red * 255), Math.round(green * 255), Math.round(blue * 255)];
  return { fill, ink: luminance > 0.18 ? BLACK : WHITE };
}

/** HSL to RGB, CSS Color Module Level 4, section 7.1. */
function rgbOf(hue: number): readonly [number, number, number] {
  const spread = SATURATION * Math.min(LIGHTNESS, 1 - LIGHTNESS);
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12;
    return LIGHTNESS - spread * Math.max(-1, Math.min(k - 3, 9 - k, 1));
  };
  return [part(0), part(8), part(4)];
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
