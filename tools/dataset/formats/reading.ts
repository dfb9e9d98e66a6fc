import type * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { Box } from '#packages/model-package';
import { datasetErrors } from '../errors.ts';

export function unreadable(message: string, cause?: unknown): Error {
  return datasetErrors.error('dataset.labels-unreadable', message, { cause });
}

/** @throws EdgeError `dataset.labels-unreadable` */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(`${where} is not JSON: ${messageOf(cause)}`, cause);
  }
}

/** @throws EdgeError `dataset.labels-unreadable` with a JSON pointer */
export function parseWith<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw unreadable(`${where}: /${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'is wrong'}`, error);
}

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Tools round and let a person draw over the edge: so far outside, in pixels, a corner is taken to the edge. */
const SLACK_PIXELS = 2;

/**
 * Corners in pixels as fractions of the picture.
 * @throws EdgeError `dataset.labels-unreadable` if the box is empty or lies outside of the picture
 */
export function boxOfCorners(corners: readonly number[], { width, height }: PixelSize, where: string): Box {
  const [x0 = NaN, y0 = NaN, x1 = NaN, y1 = NaN] = corners;
  const isInside =
    Math.min(x0, y0) >= -SLACK_PIXELS &&
    x1 <= width + SLACK_PIXELS &&
    y1 <= height + SLACK_PIXELS &&
    x1 > x0 &&
    y1 > y0;
  if (!isInside)
    throw unreadable(
      `${where}: the box ${corners.join(', ')} is empty or outside of the picture of ${width} × ${height}`,
    );
  const fraction = (value: number, whole: number): number => Math.min(1, Math.max(0, value / whole));
  return [fraction(x0, width), fraction(y0, height), fraction(x1, width), fraction(y1, height)];
}

/** Last part of a path or an address; Label Studio names local files as `/data/local-files/?d=<path>`. */
export function baseName(address: string): string {
  const [, local] = /\?d=([^&#]*)/.exec(address) ?? [];
  const before = local ?? address.split(/[?#]/)[0] ?? '';
  const name = before.slice(Math.max(before.lastIndexOf('/'), before.lastIndexOf('\\')) + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
