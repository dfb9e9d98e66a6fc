/** The demo's world, its devices and their settings. Times of the devices are simulated: a picture is shown, and their clock goes on. */

export const MODEL = 'PartsDetector';
export const MODEL_COMPONENT = `edgeml.model.${MODEL}`;
export const CHALLENGER_COMPONENT = `edgeml.challenger.${MODEL}`;
export const NEW_LABEL = 'wing-nut';

/** Time between two pictures of a device. */
export const PICTURE_EVERY_MS = 24_000;
/** The windows of drift are 4 hours long here, 24 by default; all other settings of drift are the defaults. */
export const WINDOW_HOURS = 4;
/** Of a device, in simulated time. */
export const HEARTBEAT_SECONDS = 60;

/** The budget of each device for samples, in simulated time. */
export const SAMPLES_PER_HOUR = 12;
export const UPLINK_MB_PER_DAY = 20;
/** A picture is worth a sample if at most this share of the baseline is as unusual. */
export const SAMPLE_THRESHOLD = 0.05;
/** Once the world has changed: a picture with a detection of at most this score. */
export const DOUBTFUL_SCORE = 0.6;

/** Devices that are whole agents; the others replay what these have said. */
export const REAL_DEVICES = [
  { thing: 'press-1', ring: 'canary', line: 'steady' },
  { thing: 'press-2', ring: 'canary', line: 'steady' },
  { thing: 'belt-1', ring: 'ring-1', line: 'changing' },
  { thing: 'belt-2', ring: 'ring-2', line: 'changing' },
  { thing: 'belt-3', ring: 'ring-3', line: 'changing' },
] as const;
export type RealDeviceSpec = (typeof REAL_DEVICES)[number];

/** All devices of each ring, the real ones among them: 200 together. */
export const RINGS = { canary: 2, 'ring-1': 24, 'ring-2': 60, 'ring-3': 114 } as const;

/** Pictures of each part of the world. Each is rendered once and cached. */
export const SETS = {
  /** The reference set of the first baseline, and what keeps a network from forgetting. */
  reference: { phase: 'known', count: 600, seed: 101 },
  known: { phase: 'known', count: 200, seed: 102 },
  light: { phase: 'light', count: 120, seed: 103 },
  part: { phase: 'part', count: 240, seed: 104 },
  'test-known': { phase: 'known', count: 60, seed: 105 },
  'test-light': { phase: 'light', count: 60, seed: 106 },
  'test-part': { phase: 'part', count: 60, seed: 107 },
} as const;
export type SetName = keyof typeof SETS;
/** Of the parts in the phase `part`, so many are of the new class. */
export const NEW_SHARE = 0.5;

/** Versions: what serves, a model whose labels are in the wrong order, and the one that has learned. */
export const CHAMPION = '1.0.0';
export const BAD = '1.1.0';
export const GOOD = '1.2.0';
