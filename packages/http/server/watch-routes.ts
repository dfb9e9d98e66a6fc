import type { Incident } from '#packages/foundation';
import type { ComponentHealth, ComponentStatus } from '../api/health-api.ts';
import { send, sendJson } from './send.ts';
import type { Route } from './router.ts';

export interface WatchPorts {
  readonly health: () => { readonly status: Exclude<ComponentStatus, 'degraded'> };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Routes of every component for those who watch it: `GET /healthz`, 503 while it starts or stops, and `GET /metrics`. */
export function watchRoutes({ health, incidents, metrics }: WatchPorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      handle: (_request, response) => {
        const body = withIncidents(health(), incidents());
        sendJson(response, ['ok', 'degraded'].includes(body.status) ? 200 : 503, body);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async (_request, response) => send(response, 200, METRICS_TYPE, await metrics()),
    },
  ];
}

/** Warnings alone do not make a component degraded. */
function withIncidents(health: ReturnType<WatchPorts['health']>, incidents: readonly Incident[]): ComponentHealth {
  const isDegraded = health.status === 'ok' && incidents.some(({ severity }) => severity === 'error');
  return { ...health, ...(isDegraded ? { status: 'degraded' } : {}), incidents };
}
