import type { Prediction } from '#packages/model-package';

/** Everything that a run of the twin found; `report.json` holds it as it is. */
export interface TwinReport {
  readonly schemaVersion: 1;
  readonly passed: boolean;
  /** Name of the deployment, for people. */
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: {
    readonly os: string;
    readonly architecture: string;
    readonly cores: number;
    readonly cpu: string;
  };
  readonly nucleus: 'java' | 'lite';
  readonly deployment: DeploymentReport;
  readonly models: readonly ModelReport[];
  readonly memory: readonly MemoryReport[];
  readonly bounds: Bounds;
  readonly checks: readonly Check[];
}

/** The gate's bounds; a bound that is left out is measured and not judged. */
export interface Bounds {
  readonly maxP95Ms?: number;
  readonly maxMemoryMb?: number;
  /** On the held-back set, 0 to 1. */
  readonly minAccuracy?: number;
  readonly requireProvider: boolean;
}

export interface DeploymentReport {
  readonly status: string;
  readonly detail?: string;
  readonly error?: string;
  readonly seconds: number;
  readonly components: readonly ComponentReport[];
}

export interface ComponentReport {
  readonly name: string;
  readonly version: string;
  readonly state: string;
  readonly reason?: string;
  /** Last lines of its log where it failed. */
  readonly lastLines?: readonly string[];
}

export interface ModelReport {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
  /** SHA-256 over the package's file hashes. */
  readonly hash: string;
  readonly provider: string;
  readonly variant: string;
  readonly requestedProviders: readonly string[];
  readonly fallbacks: readonly { readonly provider: string; readonly reason: string }[];
  readonly golden: readonly GoldenReport[];
  readonly latency?: LatencyReport;
  readonly accuracy?: AccuracyReport;
  /** Bounds that the model brings along (`acceptance` of model.json). */
  readonly acceptance?: Acceptance;
}

/** Parts that are left out are undefined. */
export type Acceptance = { readonly [Key in Exclude<keyof Bounds, 'requireProvider'>]?: number | undefined };

/** On the held-back set. */
export interface AccuracyReport {
  /** Of a classifier the share of pictures whose first label is right; of a detector the mean average precision. */
  readonly metric: 'top-1' | 'mAP@0.5';
  /** 0 to 1. */
  readonly value: number;
  readonly images: number;
  readonly failures: readonly string[];
}

export interface GoldenReport {
  readonly input: string;
  readonly passed: boolean;
  readonly differences: readonly string[];
  readonly predictions: readonly Prediction[];
  readonly ms: number;
  /** The input with what was found, a small JPEG in base64. */
  readonly picture?: string;
}

/** Of whole requests over the agent's socket, one after the other, in milliseconds. */
export interface LatencyReport {
  readonly images: number;
  readonly requests: number;
  readonly failures: readonly string[];
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  readonly samples: readonly number[];
}

export interface MemoryReport {
  readonly component: string;
  readonly processes: number;
  /** Largest resident set of all its processes together, bytes (proc(5), VmHWM). */
  readonly peakBytes: number;
}

/** One line of the gate. */
export interface Check {
  readonly suite: 'deployment' | 'model' | 'golden' | 'accuracy' | 'latency' | 'memory';
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** The finding and, if it failed, the expectation. */
  readonly message: string;
}
