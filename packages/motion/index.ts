export type { Polygon } from './cell-mask.ts';
export { MotionGate } from './motion-gate.ts';
export type { MotionSettings, MotionStatistics, MotionVerdict } from './motion-gate.ts';
