import { CaptureService } from '../capture/capture-service.ts';
import { captureSettings } from '../capture/capture-settings.ts';
import type { CaptureSettings } from '../capture/capture-settings.ts';
import { edgeManagerFace } from '../edge-manager/edge-manager.ts';
import { edgeManagerSettings } from '../edge-manager/settings.ts';
import type { GrpcFace } from '../grpc/grpc-face.ts';
import { lookoutFace, lookoutSettings } from '../lookout/lookout-face.ts';
import { servicesOf } from '../settings/service-settings.ts';
import type { AgentOptions } from './agent.ts';
import type { Answering } from './answering.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface GrpcParts {
  readonly reports: Pick<Reports, 'incidents'>;
  readonly serving: Serving;
  readonly watchers: Pick<Watchers, 'link'>;
  readonly answers: Answering;
}

/** The agents whose clients are served in their own protocols: Edge Manager, with the data that it captures, and Lookout for Vision. */
export interface GrpcFaces {
  readonly edgeManager: Pick<GrpcFace, 'served' | 'onServed'>;
  /** Opens the sockets that the configuration wants. */
  open(): Promise<void>;
  /** The configuration has changed. */
  follow(): Promise<void>;
  /** Calls have `callsMs` to finish, then captures `capturesMs`. Idempotent. */
  close(callsMs: number, capturesMs: number): Promise<void>;
}

export function grpcFaces(options: AgentOptions, { reports, serving, watchers, answers }: GrpcParts): GrpcFaces {
  const { workFolder, configuration, buffers, clock, log } = options;
  const { registry, restored, aliasOf } = serving;
  const { link } = watchers;
  const settingsOfCaptures = (): CaptureSettings =>
    captureSettings(configuration.current, { workFolder, name: link.deviceName });
  const capture = new CaptureService(
    {
      ...options,
      model: (alias) => registry.served(alias)?.serving.identity,
      upload: link.upload,
      onAccepted: (alias) => link.usage.sample(alias),
    },
    settingsOfCaptures(),
  );
  const shared = { registry, buffers, incidents: reports.incidents, clock, log };
  const edgeManager = edgeManagerFace({
    ...shared,
    workFolder,
    restored,
    tensors: answers.tensors,
    states: answers.states,
    capture,
    settings: () => edgeManagerSettings(configuration.current, workFolder),
  });
  const lookout = lookoutFace({
    ...shared,
    invoker: answers.invoker,
    aliasOf,
    servicesOf: (alias) => servicesOf(configuration.current, alias),
    settings: () => lookoutSettings(configuration.current, workFolder),
  });
  const openSockets = async (): Promise<void> => {
    await edgeManager.follow();
    await lookout.follow();
  };
  return {
    edgeManager,
    async open() {
      await capture.open();
      await openSockets();
    },
    async follow() {
      void capture.setSettings(settingsOfCaptures());
      await openSockets();
    },
    async close(callsMs, capturesMs) {
      await Promise.all([
        lookout.close(callsMs),
        // Calls that run may still bring captures.
        edgeManager.close(callsMs).then(() => capture.close(capturesMs)),
      ]);
    },
  };
}
