import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { VISION_DATA } from '../outside-data/vision-data.ts';

/** `[index, label, probability]` or `[label, score, x0, y0, x1, y1]`. */
export type ExpectedRow = readonly [number, string, number] | readonly [string, number, number, number, number, number];

export function expectedResults(): Readonly<Record<string, Readonly<Record<string, readonly ExpectedRow[]>>>> {
  return JSON.parse(readFileSync(path.join(VISION_DATA, 'expected.json'), 'utf8')) as never;
}

/** Folder of the photos. */
export const PHOTOS = path.join(VISION_DATA, 'images');

export function photo(name: string): Uint8Array {
  return readFileSync(path.join(PHOTOS, name));
}

export function photoNames(): readonly string[] {
  return readdirSync(PHOTOS).sort();
}
