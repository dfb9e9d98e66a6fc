import { FORMATS, MATRICES, RANGES } from './frame-layout.ts';
import type { FrameLayout } from './frame-layout.ts';

/** Longest edge of a frame, in pixels. */
export const MAX_EDGE = 16_384;
/** Bytes from one row to the next, at most. */
export const MAX_STRIDE = 8 * MAX_EDGE;

/**
 * Whether a value is a layout of a sensible size, as `layoutSchema` asks. By hand: the process of a model looks at frames, too, and
 * would load zod for nothing else.
 */
export function isFrameLayout(value: unknown): value is FrameLayout {
  if (typeof value !== 'object' || value === null) return false;
  const { width, height, format, strides, matrix, range } = value as Partial<Record<keyof FrameLayout, unknown>>;
  return (
    isWhole(width, MAX_EDGE) &&
    isWhole(height, MAX_EDGE) &&
    isOneOf(FORMATS, format) &&
    Array.isArray(strides) &&
    strides.length >= 1 &&
    strides.length <= 3 &&
    strides.every((stride) => isWhole(stride, MAX_STRIDE)) &&
    isOneOf(MATRICES, matrix) &&
    isOneOf(RANGES, range)
  );
}

function isWhole(value: unknown, max: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isOneOf(words: readonly string[], value: unknown): boolean {
  return typeof value === 'string' && words.includes(value);
}
