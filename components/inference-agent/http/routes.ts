import type { EditableConfiguration, Incident, Logger } from '#packages/foundation';
import { configurationRoutes, jsonAnswer, sendJson, watchRoutes } from '#packages/http';
import type { ComponentStatus, HealthStatus, ModelStatus, Route } from '#packages/http';
import type { DriftBook } from '../drift/drift-book.ts';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { OpenChallengers } from '../challenger/open-challengers.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import { leaseRoute } from '../frames/lease-route.ts';
import type { OpenLeases } from '../frames/lease-route.ts';
import { galleryRoutes } from '../gallery/gallery-routes.ts';
import type { GalleryRoutePorts } from '../gallery/gallery-routes.ts';
import type { ArrayService } from '../invoke/array-service.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import { openInferenceAdministration, openInferenceRoutes } from '../open-inference/http/open-inference-routes.ts';
import type { OpenInferenceHttp } from '../open-inference/http/open-inference-routes.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { messagesRoute } from '../messages/messages-route.ts';
import { challengerChangingRoutes, challengerReportRoute } from './challenger-routes.ts';
import { invokeRoute } from './invoke-route.ts';
import { activateRoute, retireRoute, rollbackRoute } from './model-routes.ts';
import { packageRoutes } from './package-routes.ts';

export interface RoutePorts extends Pick<GalleryRoutePorts, 'gallery'> {
  readonly invoker: InvokeService;
  readonly arrays: ArrayService;
  readonly feedback: V1Feedback;
  readonly registry: ModelRegistry;
  readonly drift: Pick<DriftBook, 'statuses'>;
  readonly challengers: Pick<OpenChallengers, 'challengers' | 'registry'>;
  readonly frames: FrameMemory;
  readonly leases: OpenLeases;
  readonly health: () => Pick<HealthStatus, 'services'> & { readonly status: Exclude<ComponentStatus, 'degraded'> };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  /** The agent's configuration, as somebody changes it on the device. */
  readonly settings: EditableConfiguration;
  readonly log: Logger;
  readonly openInference: OpenInferenceHttp;
}

/** Routes that anybody may call: ask models, and tell how things are. */
export function inferenceRoutes(ports: RoutePorts): readonly Route[] {
  const { invoker, frames, leases } = ports;
  return [
    invokeRoute(ports),
    leaseRoute(frames, leases),
    messagesRoute,
    ...openInferenceRoutes(ports.openInference),
    ...packageRoutes(ports.registry, invoker),
    ...watch(ports),
  ];
}

export function administrationRoutes(ports: RoutePorts): readonly Route[] {
  return [...changingRoutes(ports), ...openInferenceRoutes(ports.openInference), ...watch(ports)];
}

/** The agent's configuration, for the console: whoever changes it may also say whose signatures count. */
export function settingsRoutes({ settings }: Pick<RoutePorts, 'settings'>): readonly Route[] {
  return configurationRoutes(settings);
}

/** Routes that change which models serve, and what they know. */
export function changingRoutes({
  registry,
  invoker,
  gallery,
  challengers,
  openInference,
}: RoutePorts): readonly Route[] {
  const registries = { champion: registry, challenger: challengers.registry };
  return [
    activateRoute(registries),
    retireRoute(registries),
    rollbackRoute(registry),
    ...galleryRoutes({ gallery, invoker, serving: (alias) => registry.served(alias)?.serving }),
    ...challengerChangingRoutes(challengers.challengers),
    ...openInferenceAdministration(openInference.service),
  ];
}

function watch({ registry, challengers, drift, health, incidents, metrics }: RoutePorts): readonly Route[] {
  const models = (): readonly ModelStatus[] =>
    registry.list().map((model) => {
      const services = drift.statuses(model.alias);
      return services.length > 0 ? { ...model, drift: services } : model;
    });
  return [
    {
      method: 'GET',
      path: '/v1/models',
      api: {
        summary: 'Lists the models that serve.',
        answers: { 200: jsonAnswer('One element for each alias.', { listOf: 'ModelStatus' }) },
      },
      handle: (_request, response) => sendJson(response, 200, models()),
    },
    challengerReportRoute(challengers.challengers),
    ...watchRoutes({ health, incidents, metrics }, 'HealthStatus'),
  ];
}
