/** Whether what a model sees and says is still what it was made for: sketches, their distances from a baseline, and drift. */
export { baselineSchema, MAX_BASELINE_BYTES, parseBaseline } from './baseline.ts';
export type { Baseline } from './baseline.ts';
export { Rarity } from './rarity.ts';
export { LAYOUT } from './sketch/features.ts';
export type { Observation } from './sketch/observation.ts';
export { Sketch } from './sketch/sketch.ts';
export { DriftWatch } from './watch/drift-watch.ts';
export type { Drift, DriftChange, WatchSettings } from './watch/drift-watch.ts';
export type { Finding } from './watch/finding.ts';
export type { DriftCause, DriftReason } from './watch/reason.ts';
