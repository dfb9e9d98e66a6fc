import { frameErrors } from './errors.ts';
import { planesOf } from './frame-layout.ts';
import type { FrameLayout } from './frame-layout.ts';

/** @throws EdgeError `frames.reference-invalid` if rows are longer than their strides */
export function checkLayout(layout: FrameLayout): void {
  const planes = planesOf(layout);
  if (layout.strides.length === planes.length && planes.every(({ stride, columns }) => stride >= columns)) return;
  const { format, width, height, strides } = layout;
  const needed = planes.map(({ columns }) => columns).join(', ');
  const message = `strides of a ${format} frame of ${width}×${height} are at least ${needed}, not ${strides.join(', ')}`;
  throw frameErrors.error('frames.reference-invalid', message);
}
