/** Frames of a camera: how their pixels lie, and the shared memory in which they stay from decoder to model. */
export { frameErrors } from './errors.ts';
export { FRAME_BODY_HEADER, FRAME_BODY_TYPE, isFrameBody, readFrameBody, writeFrameBodyHeader } from './frame-body.ts';
export { frameBytes, planesOf, tightStrides } from './frame-layout.ts';
export type { FrameFormat, FrameLayout, FramePlane, RawFrame } from './frame-layout.ts';
export { LUMA_WEIGHTS } from './luma-weights.ts';
export { readFrameReference } from './frame-reference.ts';
export type { FrameReference } from './frame-reference.ts';
export { frameBudget } from './ring/frame-budget.ts';
export { makeRingFolder, SHARED_MEMORY } from './ring/ring-folder.ts';
export type { PlacedFrame } from './ring/placed-frame.ts';
export { readFrame } from './ring/ring-reader.ts';
export { MIN_SLOTS, ringBytes } from './ring/ring-record.ts';
export type { PlacedRing } from './ring/ring-record.ts';
export { RingStore } from './ring/ring-store.ts';
export type { RingLease, RingRequest } from './ring/ring-store.ts';
export { RingWriter } from './ring/ring-writer.ts';
