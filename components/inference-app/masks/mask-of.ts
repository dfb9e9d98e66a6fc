import type { SourceConfiguration } from '../config.ts';
import { FrameMask } from './frame-mask.ts';

/** Undefined if nothing is to be hidden. */
export function maskOf({ Masks }: Pick<SourceConfiguration, 'Masks'>): FrameMask | undefined {
  if (Masks.length === 0) return undefined;
  return new FrameMask(Masks.map((corners) => corners.map(([x = 0, y = 0]) => [x, y] as const)));
}
