import type { Python } from './python.ts';
import type { Packages } from './models/packages.ts';
import type { Pace } from './pace.ts';
import type { Steps } from './steps.ts';
import type { World } from './world/world.ts';

/** Shared by every part of a run of the demo. */
export interface DemoRun {
  readonly seed: number;
  /** Everything that the run makes. */
  readonly folder: string;
  readonly pace: Pace;
  readonly python: Python;
  readonly world: World;
  readonly packages: Packages;
  readonly steps: Steps;
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}
