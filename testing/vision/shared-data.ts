import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Real models and photos with reference results, beside the project. They are not part of it. */
export const VISION_DATA = path.resolve(import.meta.dirname, '../../../shared/vision');

export const hasVisionData = existsSync(path.join(VISION_DATA, 'expected.json'));

/** Why tests are skipped; undefined where they run. With CI set they run and fail where the data is absent. */
export const skipReason =
  hasVisionData || process.env['CI']
    ? undefined
    : `skipped: the models and photos of ${VISION_DATA} are not on this machine`;

/** `[index, label, probability]` or `[label, score, x0, y0, x1, y1]`. */
export type ExpectedRow = readonly [number, string, number] | readonly [string, number, number, number, number, number];

export function expectedResults(): Readonly<Record<string, Readonly<Record<string, readonly ExpectedRow[]>>>> {
  return JSON.parse(readFileSync(path.join(VISION_DATA, 'expected.json'), 'utf8')) as never;
}

export function photo(name: string): Uint8Array {
  return readFileSync(path.join(VISION_DATA, 'images', name));
}

export function photoNames(): readonly string[] {
  return hasVisionData ? readdirSync(path.join(VISION_DATA, 'images')).sort() : [];
}
