export { frameBytes, planesOf, tightStrides } from './frame-layout.ts';
export type { FrameFormat, FrameLayout, FramePlane, RawFrame } from './frame-layout.ts';
