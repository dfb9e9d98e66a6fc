import type { PromotionState } from '../cloud/promotion/promotion-state.ts';
import type { Alarm, DriftPoint, Scene } from './fleet/factory.ts';
import type { Accuracy } from './models/train.ts';
import type { Step } from './steps.ts';

/** Everything that a run of the demo has measured. */
export interface DemoResult {
  readonly seed: number;
  readonly steps: readonly Step[];
  readonly devices: { readonly real: number; readonly all: number };
  /** That real devices have looked at. */
  readonly pictures: number;
  /** Simulated: until the samples were collected, and in all. */
  readonly minutes: { readonly observed: number; readonly all: number };
  readonly alarms: readonly Alarm[];
  readonly scenes: readonly { readonly scene: Scene; readonly minutes: number }[];
  readonly points: readonly DriftPoint[];
  readonly falseAlarms: {
    readonly streams: number;
    readonly deviceYears: number;
    readonly alarms: number;
    readonly perYear: number;
    readonly perYearAtMost: number;
  };
  readonly samples: {
    readonly count: number;
    readonly bytes: number;
    readonly byThing: Readonly<Record<string, number>>;
    readonly byReason: Readonly<Record<string, number>>;
  };
  readonly training: { readonly pictures: number; readonly steps: number; readonly losses: readonly number[] };
  /** On pictures that no training has seen. */
  readonly accuracy: Readonly<Record<'before' | 'after', Readonly<Record<'known' | 'light' | 'part', Accuracy>>>>;
  /** Output of the twin's command. */
  readonly twin: string;
  readonly bad: {
    readonly state: PromotionState;
    /** On this machine, until every device had given the model up. */
    readonly seconds: number;
    /** Simulated. */
    readonly minutes: number;
    /** Devices that still run it. */
    readonly stillRuns: number;
  };
  readonly challenger: PromotionState;
  readonly good?: PromotionState;
  /** Devices by the version that their last heartbeats name. */
  readonly serving: Readonly<Record<string, number>>;
  /** Requests that AWS would not have taken. */
  readonly violations: readonly string[];
}
