import type { Incident } from '#packages/foundation';

/** `degraded`: it works, and something that was asked for does not; `incidents` says what. */
export type ComponentStatus = 'ok' | 'degraded' | 'starting' | 'stopping';

/** Body of every component's `GET /healthz`: 200 while it is `ok` or `degraded`, else 503 with the same body. */
export interface ComponentHealth {
  readonly status: ComponentStatus;
  /** Everything that is wrong now, errors first. */
  readonly incidents: readonly Incident[];
}
