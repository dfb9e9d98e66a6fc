import type { Incidents } from '#packages/foundation';
import { jsonAnswer, sendJson, watchRoutes } from '#packages/http';
import type { ClipRequested, Route } from '#packages/http';
import type { ClipKeeper } from '../clips/clip-keeper.ts';

export interface WatchRoutePorts {
  readonly incidents: Incidents;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly clips: Pick<ClipKeeper, 'request'>;
}

/** Health and metrics, on both sockets. */
export function healthRoutes({ incidents, metrics }: WatchRoutePorts): readonly Route[] {
  return watchRoutes({ health: () => ({ status: 'ok' }), incidents: () => incidents.current, metrics });
}

export function clipRoute({ clips }: WatchRoutePorts): Route {
  return {
    method: 'POST',
    path: '/v1/sources/{source}/clip',
    api: {
      summary: 'Keeps a clip of a stream around now.',
      answers: { 202: jsonAnswer('The clip will be written.', { type: 'ClipRequested' }) },
    },
    handle: (_request, response, source = '') => {
      clips.request(source);
      sendJson(response, 202, { source } satisfies ClipRequested);
    },
  };
}
