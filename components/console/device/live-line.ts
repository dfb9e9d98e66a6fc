import type { Incident } from '#packages/foundation';
import type { ChallengerReport, ModelStatus, ResultMessage, SourcesReport, SpoolReport } from '#packages/http';

/** A line of `GET /api/live`: NDJSON that goes on as long as somebody watches. Each line replaces the one of its kind before it, except for results and events. */
export type LiveLine =
  | {
      readonly kind: 'console';
      readonly thing: string;
      readonly viewer: string;
      /** Whether the token came with the request. */
      readonly mayWrite: boolean;
      /** Whether models that are not packaged can be tried here. */
      readonly mayTry: boolean;
    }
  | { readonly kind: 'sources'; readonly report: SourcesReport }
  | { readonly kind: 'models'; readonly models: readonly ModelStatus[] }
  | { readonly kind: 'challengers'; readonly challengers: readonly ChallengerReport[] }
  | { readonly kind: 'results'; readonly results: readonly ResultMessage[] }
  | { readonly kind: 'events'; readonly events: readonly DeviceEvent[] }
  | { readonly kind: 'health'; readonly components: readonly ComponentState[] }
  | { readonly kind: 'spool'; readonly spool: SpoolReport };

/** An event of the agent, or an incident of any component. */
export interface DeviceEvent {
  readonly event: string;
  readonly timestamp: string;
  readonly component: string;
  readonly [fact: string]: unknown;
}

export interface ComponentState {
  readonly component: string;
  /** One of them says so if its socket does not answer. */
  readonly incidents: readonly Incident[];
}
