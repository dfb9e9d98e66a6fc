import type { ModelIdentity, ModelStatus } from './agent-api.ts';

/** One element of `GET /v1/challengers`: a model that runs beside the one that serves, and answers nobody. */
export interface ChallengerReport {
  readonly alias: string;
  readonly challenger: ModelStatus;
  /** The model that serves; absent if none does. */
  readonly champion?: ModelIdentity;
  /**
   * `comparing`: a share of the frames goes to both. `paused`: its share is 0. `no-champion`: nothing serves the alias.
   * `same-package`: both are the same package. `not-comparable`: the task of the two differs.
   */
  readonly state: 'comparing' | 'paused' | 'no-champion' | 'same-package' | 'not-comparable';
  /** Percent of the frames that the challenger sees at most. */
  readonly sharePercent: number;
  /** CPU time that it takes at most, in percent of one core. */
  readonly cpuPercent: number;
  /** When this comparison began, ISO 8601: it begins again with another champion or challenger, and with the agent. */
  readonly since: string;
  readonly comparison: Comparison;
}

/** Both models beside each other, over all frames that both have answered. */
export interface Comparison {
  /** Frames that both have answered. */
  readonly frames: number;
  /** Those on which both found the same. */
  readonly agreed: number;
  /** Frames that the challenger did not answer, because of an error. */
  readonly failed: number;
  /** Frames of its share that it did not see, by reason. */
  readonly skipped: { readonly busy: number; readonly budget: number; readonly queue: number; readonly gone: number };
  /** Findings of both models, matched by their boxes; without boxes, the best class of each. */
  readonly findings: {
    /** At the same place, and of the same class. */
    readonly same: number;
    /** At the same place, and of another class. */
    readonly otherClass: number;
    readonly championOnly: number;
    readonly challengerOnly: number;
  };
  /** Mean overlap of matched boxes, 0 to 1; absent without boxes. */
  readonly meanIou?: number;
  /** Mean of the challenger's score less the champion's, over findings that are the same; absent if there are none. */
  readonly meanScoreDifference?: number;
  /** Of the very frames that both have answered, in milliseconds; the challenger runs at the lowest priority. Absent before the first. */
  readonly latency?: { readonly champion: LatencyNumbers; readonly challenger: LatencyNumbers };
  /** Resident memory of the processes; absent if the system does not tell. */
  readonly memoryBytes?: { readonly champion?: number; readonly challenger?: number };
  /** The last frames on which the two differ, the newest first. */
  readonly differences: readonly FrameDifference[];
}

interface LatencyNumbers {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** One frame on which champion and challenger differ. */
export interface FrameDifference {
  /** Of the request. */
  readonly id: string;
  readonly service: string;
  /** ISO 8601. */
  readonly at: string;
  /** In words: what each of them found that the other did not. */
  readonly reason: string;
}
