import type { Incident } from '#packages/foundation';
import type { ComponentHealth, ComponentStatus } from '../api/health-api.ts';
import { jsonAnswer } from './route-description.ts';
import { send, sendJson } from './send.ts';
import type { Route } from './router.ts';

export interface WatchPorts {
  readonly health: () => { readonly status: Exclude<ComponentStatus, 'degraded'> };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** Text format 0.0.4 of Prometheus. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Routes of every component for those who watch it: `GET /healthz`, 503 while it starts or stops, and `GET /metrics`.
 *
 * @param healthType name of the interface that `health` gives with the incidents; default: `ComponentHealth`
 */
export function watchRoutes(
  { health, incidents, metrics }: WatchPorts,
  healthType = 'ComponentHealth',
): readonly Route[] {
  const body = { type: healthType };
  return [
    {
      method: 'GET',
      path: '/healthz',
      api: {
        summary: 'Says how the component is, with everything that is wrong now.',
        answers: {
          200: jsonAnswer('It works, or works in part (`degraded`).', body),
          503: jsonAnswer('It starts or stops.', body),
        },
      },
      handle: (_request, response) => {
        const now = withIncidents(health(), incidents());
        sendJson(response, ['ok', 'degraded'].includes(now.status) ? 200 : 503, now);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      api: {
        summary: 'Gives the metrics of the component.',
        answers: { 200: { is: 'Text for Prometheus.', content: { [METRICS_TYPE]: 'text' } } },
      },
      handle: async (_request, response) =>
        send(response, 200, METRICS_TYPE, `${await metrics()}\n${incidentMetrics(incidents())}`),
    },
  ];
}

/** Warnings alone do not make a component degraded. */
function withIncidents(health: ReturnType<WatchPorts['health']>, incidents: readonly Incident[]): ComponentHealth {
  const isDegraded = health.status === 'ok' && incidents.some(({ severity }) => severity === 'error');
  return { ...health, ...(isDegraded ? { status: 'degraded' } : {}), incidents };
}

/** One gauge that alerts can be made of; codes and severities are words of ours, which need no escapes. */
function incidentMetrics(incidents: readonly Incident[]): string {
  const counts = new Map<string, number>();
  for (const { code, severity } of incidents) {
    const labels = `code="${code}",severity="${severity}"`;
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  }
  const samples = [...counts].map(([labels, count]) => `edgeml_incidents{${labels}} ${count}\n`);
  return `# HELP edgeml_incidents Incidents that are open.\n# TYPE edgeml_incidents gauge\n${samples.join('')}`;
}
