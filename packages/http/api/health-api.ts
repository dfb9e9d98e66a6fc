import type { Incident } from '#packages/foundation';

/** `degraded`: it works, and something that was asked for does not; `incidents` says what. */
export type ComponentStatus = 'ok' | 'degraded' | 'starting' | 'stopping';

/** What every component's `GET /healthz` answers: 200 while it is `ok` or `degraded`, 503 with the same body else. */
export interface ComponentHealth {
  readonly status: ComponentStatus;
  /** What is wrong now, errors first. */
  readonly incidents: readonly Incident[];
}
