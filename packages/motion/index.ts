export { MotionGate } from './motion-gate.ts';
export type { MotionStatistics } from './motion-gate.ts';
