import { send, sendJson } from './send.ts';
import type { Route } from './router.ts';

export interface WatchPorts {
  readonly health: () => { readonly status: string };
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What every component answers to those who watch it: `GET /healthz`, 503 unless its status is `ok`, and `GET /metrics`. */
export function watchRoutes({ health, metrics }: WatchPorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      handle: (_request, response) => {
        const body = health();
        sendJson(response, body.status === 'ok' ? 200 : 503, body);
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async (_request, response) => send(response, 200, METRICS_TYPE, await metrics()),
    },
  ];
}
