import { configurationRoutes, openApiRoute } from '#packages/http';
import type { Route } from '#packages/http';
import { apiRoutes } from '../../../../components/console/api/api-routes.ts';
import { metricsRoutes } from '../../../../components/console/metrics/metrics-routes.ts';
import { pageFileRoutes } from '../../../../components/console/server/page-routes.ts';
import { consoleRoutes, feedbackRoutes } from '../../../../components/feedback-uploader/http/feedback-routes.ts';
import { clipRoute, healthRoutes } from '../../../../components/inference-app/metrics/watch-server-routes.ts';
import { liveRoutes } from '../../../../components/inference-app/watch/live-routes.ts';
import {
  administrationRoutes,
  inferenceRoutes,
  settingsRoutes,
} from '../../../../components/inference-agent/http/routes.ts';

/** The HTTP API of a component. */
export interface Api {
  readonly component: string;
  readonly listeners: readonly ApiListener[];
}

/** A socket or port, and its routes. */
interface ApiListener {
  /** On a Unix socket the host of a URL means nothing: it says which socket. */
  readonly url: string;
  readonly is: string;
  readonly routes: readonly Route[];
}

/** Every HTTP API, as the components themselves route it. */
export function apis(): readonly Api[] {
  return [
    {
      component: 'edgeml.InferenceAgent',
      listeners: [
        { url: 'http://agent.sock', is: 'the socket for inference', routes: inferenceRoutes(NOBODY) },
        { url: 'http://admin.sock', is: 'the socket for administration', routes: administrationRoutes(NOBODY) },
        {
          url: 'http://console.sock',
          is: "the socket for the console, for the component's own user",
          routes: settingsRoutes(NOBODY),
        },
      ],
    },
    {
      component: 'edgeml.InferenceApp',
      listeners: [
        {
          url: 'http://app.sock',
          is: 'the socket for health, metrics and clips',
          routes: [...healthRoutes(NOBODY), clipRoute(NOBODY)],
        },
        {
          url: 'http://console.sock',
          is: "the socket for the console, for the component's own user",
          routes: [...liveRoutes(NOBODY), ...configurationRoutes(NOBODY), ...healthRoutes(NOBODY)],
        },
      ],
    },
    {
      component: 'edgeml.FeedbackUploader',
      listeners: [
        { url: 'http://feedback.sock', is: 'the socket for samples', routes: feedbackRoutes(NOBODY) },
        {
          url: 'http://console.sock',
          is: "the socket for the console, for the component's own user",
          routes: consoleRoutes(NOBODY),
        },
      ],
    },
    {
      component: 'edgeml.Console',
      listeners: [
        {
          url: 'http://127.0.0.1:8484',
          is: 'the page and its requests; `Address` and `Port` of the configuration decide',
          routes: [...pageFileRoutes(() => new Uint8Array()), ...apiRoutes(NOBODY), ...metricsRoutes(NOBODY)],
        },
      ],
    },
  ].map(withDescription);
}

/** The API describes itself, too. */
function withDescription({ component, listeners }: Api): Api {
  return {
    component,
    listeners: listeners.map((listener) => ({ ...listener, routes: [...listener.routes, openApiRoute({})] })),
  };
}

/** Stands in for whatever the handlers would ask: the routes are listed, and none of them is called. */
const NOBODY = new Proxy(Object.freeze({}), { get: () => NOBODY }) as never;
