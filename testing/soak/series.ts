/** The device at one moment. */
export interface SoakSample {
  /** Since the beginning. */
  readonly seconds: number;
  /** By role; absent while no process plays it. */
  readonly memoryMB: Readonly<Partial<Record<Role, number>>>;
  /** JavaScript that survived the last collection, as told a few seconds before. */
  readonly liveHeapMB: Readonly<Partial<Record<Role, number>>>;
  /** Processes. */
  readonly pids: Readonly<Partial<Record<Role, number>>>;
  readonly descriptors: Readonly<Partial<Record<Role, number>>>;
  readonly threads: Readonly<Partial<Record<Role, number>>>;
  /** Of the results since the sample before; absent without one. */
  readonly latencyMs?: { readonly p50: number; readonly p95: number };
  /** Results a second since the sample before. */
  readonly resultsPerSecond: number;
  /** Samples that wait for their upload; absent while the uploader does not answer. */
  readonly waiting?: number;
}

export const ROLES = ['application', 'agent', 'uploader'] as const;
export type Role = (typeof ROLES)[number];

export interface CausedFault {
  readonly seconds: number;
  readonly name: string;
  /** How it went, e.g. the outcome of a deployment. */
  readonly outcome?: string;
}
