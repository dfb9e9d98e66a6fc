import type { FrameLayout } from '../frame-layout.ts';
import type { PlacedRing, SlotOfRing } from './ring-record.ts';

/** A frame and where it lies, checked against the ring's record: what a model instance is handed in place of pixels. */
export interface PlacedFrame extends SlotOfRing {
  readonly ring: PlacedRing;
  readonly layout: FrameLayout;
}
