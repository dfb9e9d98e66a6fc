import type { Route } from '#packages/http';
import type { ApiPorts } from './api-ports.ts';
import { configurationRoutes } from './configuration-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import { liveRoutes } from './live-routes.ts';
import { tryRoutes } from './try-routes.ts';
import { writeRoutes } from './write-routes.ts';

/** Everything that the page asks for. */
export function apiRoutes(ports: ApiPorts): readonly Route[] {
  return [
    ...liveRoutes(ports),
    ...deviceRoutes(ports),
    ...writeRoutes(ports),
    ...configurationRoutes(ports),
    ...tryRoutes(ports),
  ];
}
