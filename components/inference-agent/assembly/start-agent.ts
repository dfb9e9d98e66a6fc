import { join } from 'node:path';
import { EditableConfiguration, Incidents, messageOf, Serial } from '#packages/foundation';
import type { ComponentStatus } from '#packages/http';
import { backgroundSubscriber, incidentNews } from '#packages/ipc';
import { availableMemory } from '#packages/posix';
import { Admission } from '../admission/admission.ts';
import { CaptureService } from '../capture/capture-service.ts';
import { captureSettings } from '../capture/capture-settings.ts';
import { edgeManagerFace } from '../edge-manager/edge-manager.ts';
import { RestoredModels } from '../edge-manager/restored-models.ts';
import { lookoutFace, lookoutSettings } from '../lookout/lookout-face.ts';
import { servicesOf } from '../settings/service-settings.ts';
import { edgeManagerSettings } from '../edge-manager/settings.ts';
import { challengerSettings } from '../challenger/challenger-settings.ts';
import { openChallengers } from '../challenger/open-challengers.ts';
import { agentConfiguration } from '../config.ts';
import type { AgentConfiguration } from '../config.ts';
import type { AgentEventName } from '../events/agent-event.ts';
import { announcer } from '../events/announcer.ts';
import { GalleryBook } from '../gallery/gallery-book.ts';
import { DriftBook } from '../drift/drift-book.ts';
import { driftSettings } from '../drift/drift-settings.ts';
import { AgentIncidents } from '../health/agent-incidents.ts';
import { StalledServices } from '../health/stalled-services.ts';
import { OpenLeases } from '../frames/lease-route.ts';
import type { ObservedRun, SeenPicture } from '../invoke/observed-run.ts';
import { invokeOverIpc } from '../ipc/invoke-over-ipc.ts';
import { updateDeferral } from '../ipc/update-deferral.ts';
import { AgentMetrics } from '../metrics/agent-metrics.ts';
import { Quarantine } from '../registry/quarantine.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import { ServingModel } from '../registry/serving-model.ts';
import { ConfigurationFollower } from '../settings/configuration-follower.ts';
import { COMPONENT, logLevel } from '../settings/live-configuration.ts';
import { StandInRequests } from '../settings/stand-in-requests.ts';
import { RequestSettings } from '../settings/request-settings.ts';
import { MinimumVersions } from '../trust/minimum-versions.ts';
import { PolicyGuard } from '../trust/policy-guard.ts';
import { PackageStore } from '../store/package-store.ts';
import type { Agent, AgentOptions } from './agent.ts';
import { registryPolicy, storeBounds } from './agent-policy.ts';
import { answering } from './answering.ts';
import { closeAgent } from './close-agent.ts';
import { followWorkFolderMode } from '../settings/work-folder-mode.ts';
import { feedbackWays } from './feedback-ways.ts';
import { tellCrashes } from './tell-crashes.ts';
import { FleetLink } from './fleet-link.ts';
import { lookRegularly } from './look-regularly.ts';
import { openSockets } from './open-sockets.ts';

/** After these a model serves that was not judged yet. */
const NEW_MODELS: readonly AgentEventName[] = [
  'model.activated',
  'model.restored',
  'model.rolled-back',
  'model.swapped',
];

/** Puts the agent together: store, registry, admission, HTTP, IPC. @throws EdgeError `socket.*`, `provider.unknown` */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { configuration, ipc, platform, frames, clock, log } = options;
  await followWorkFolderMode(options.workFolder, configuration.current);
  const requests = new RequestSettings(configuration.current, platform.cores);
  const minimums = new MinimumVersions(join(options.workFolder, 'minimum-versions.json'), log);
  await minimums.open();
  const policyOf = (of: AgentConfiguration) => registryPolicy(of, platform, minimums);
  policyOf(configuration.current).instance('');

  const incidents = new Incidents(log, {
    clock,
    onChange: incidentNews({ ipc, clock, log, thing: options.thing, component: COMPONENT }),
  });
  const stopCountingCrashes = tellCrashes(options.crashes ?? 0, incidents, clock);
  const announce = announcer({
    ipc,
    clock,
    log,
    thing: options.thing,
    observe: (event, facts) => {
      metrics.event(event);
      link.observe(event, facts);
      troubles.observe(event, facts);
      if (NEW_MODELS.includes(event)) {
        judgeAgain();
        gallery.look();
      }
      if ('swapGapMs' in facts) metrics.swapped(facts.to.alias, facts.swapGapMs, facts.requestsLost);
    },
    onLost: (channel) => metrics.eventLost(channel),
  });
  const store = new PackageStore({
    folder: join(options.workFolder, 'models'),
    bounds: () => storeBounds(configuration.current),
  });
  const quarantine = new Quarantine({
    file: join(options.workFolder, 'quarantine.json'),
    clock,
    random: options.random,
    onNotKept: (error) => announce('quarantine.not-kept', { error: error.toJSON() }),
    onKept: () => incidents.resolved('quarantine', 'quarantine.kept'),
  });
  await quarantine.open();
  const loadTurns = new Serial();
  const registry = new ModelRegistry({
    loadTurns,
    clock,
    random: options.random,
    quarantine,
    store,
    announce,
    openInstance: options.openInstance,
    keys: options.keys,
    minimums,
    policy: () => policyOf(configuration.current),
    freeMemory: () => availableMemory().availableBytes,
    onChange: () => admission.pump(),
  });
  const stalled = new StalledServices({
    waiting: () => new Map([...admission.depths].map(([name, { waiting }]) => [name, waiting])),
    serves: (name) => registry.target(requests.service(name).alias) instanceof ServingModel,
    onChange: () => troubles.look(),
    clock,
  });
  const troubles = new AgentIncidents({ incidents, models: () => registry.list(), quarantine, stalled, clock });
  const admission = new Admission<ServingModel>({
    clock,
    service: (name) => requests.service(name),
    target: (alias) => registry.target(alias),
    aliases: () => registry.aliases(),
    bounds: () => requests.bounds,
    onRejected: (name, reason) => {
      metrics.rejected(name, reason);
      registry.missed(requests.service(name).alias);
    },
  });
  const challengers = await openChallengers({
    workFolder: options.workFolder,
    storeBounds: () => storeBounds(configuration.current),
    policy: () => policyOf(configuration.current),
    announce,
    keys: options.keys,
    openInstance: options.openInstance,
    minimums,
    freeMemory: () => availableMemory().availableBytes,
    loadTurns,
    champions: registry,
    aliasOf: (name) => requests.service(name).alias,
    settings: (alias) => challengerSettings(configuration.current, alias),
    isQuiet: () => admission.isQuiet,
    buffers: options.buffers,
    count: (alias, outcome) => metrics.challenged(alias, outcome),
    wantsDifferences: (name) => differences.wants(name),
    onDifference: (frame) => differences.offer(frame),
    clock,
    random: options.random,
    log,
  });
  const metrics = new AgentMetrics({
    models: () => registry.list(),
    drifts: () => drift.statuses(),
    challengers: () => challengers.challengers.list(),
    depths: () => admission.depths,
    bufferedBytes: () => admission.bufferedBytes,
    frameBytes: () => frames.bytes,
    isKnown: (name) =>
      Object.hasOwn(configuration.current.Services, name) ||
      registry.target(requests.service(name).alias) !== undefined,
  });
  const serving = (): readonly ServingModel[] =>
    registry.aliases().flatMap((alias) => {
      const target = registry.target(alias);
      return target instanceof ServingModel ? [target] : [];
    });
  const guard = new PolicyGuard({ serving, unload: (alias) => registry.unload(alias), announce });
  const judging = new Serial();
  const judgeAgain = (): void =>
    void judging.run(async () => {
      await guard.look(policyOf(configuration.current), configuration.current.PolicyChange);
      await challengers.judge();
    });
  const link = await FleetLink.open({
    ...options,
    configuration: () => configuration.current,
    serving,
    driftsOf: (alias) => drift.statuses(alias),
    challengerOf: (alias) => challengers.challengers.takeNews(alias),
    challengers: () => challengers.challengers.list(),
    onMismatch: (names) => announce('device.name-mismatch', names),
    incidents,
  });
  link.checkName();
  const gallery = new GalleryBook({
    folder: join(options.workFolder, 'galleries'),
    serving: (alias) => registry.served(alias)?.serving,
    incidents,
    clock,
  });
  await gallery.open();
  const drift = new DriftBook({
    file: join(options.workFolder, 'drift.json'),
    settings: () => driftSettings(configuration.current),
    serving: (name) => {
      const target = registry.target(requests.service(name).alias);
      return target instanceof ServingModel ? target : undefined;
    },
    announce,
    clock,
    log,
  });
  await drift.open();
  const observe = (name: string, run: ObservedRun, seen?: SeenPicture): void => {
    metrics.answered(name, run);
    stalled.answered(name);
    if (seen) drift.observe(name, seen.target, seen.inference);
    link.usage.inference(run.model.alias, run.timings.runMs ?? 0);
    restoredModels.asked(run.model.alias);
  };
  const observeError = (name: string, thrown: unknown): void => {
    metrics.failed(name, thrown);
    stalled.failed(name, thrown);
    link.usage.failure(requests.service(name).alias);
  };
  const settingsOfCaptures = () =>
    captureSettings(configuration.current, { workFolder: options.workFolder, name: link.deviceName });
  const capture = new CaptureService(
    {
      ...options,
      model: (alias) => serving().find(({ identity }) => identity.alias === alias)?.identity,
      upload: link.upload,
      onAccepted: (alias) => link.usage.sample(alias),
    },
    settingsOfCaptures(),
  );

  const restoredModels = new RestoredModels({
    registry,
    graceMs: () => 1_000 * configuration.current.ClientModelGraceSeconds,
    awayMs: () => 1_000 * configuration.current.RetireGraceSeconds,
    clock,
    log,
  });
  let status: Exclude<ComponentStatus, 'degraded'> = 'starting';
  const { invoker, tensors, arrays, states, openInference } = answering({
    admission,
    registry,
    requests,
    gallery,
    challengers: challengers.challengers,
    buffers: options.buffers,
    observe,
    observeError,
    isReady: () => status === 'ok',
    clock,
  });
  const edgeManager = edgeManagerFace({
    workFolder: options.workFolder,
    registry,
    restored: restoredModels,
    tensors,
    states,
    buffers: options.buffers,
    capture,
    settings: () => edgeManagerSettings(configuration.current, options.workFolder),
    onApplied: () => void standIn.answer(),
    incidents,
    clock,
    log,
  });
  const lookout = lookoutFace({
    registry,
    invoker,
    buffers: options.buffers,
    aliasOf: (name) => requests.service(name).alias,
    servicesOf: (alias) => servicesOf(configuration.current, alias),
    settings: () => lookoutSettings(configuration.current, options.workFolder),
    onApplied: () => undefined,
    incidents,
    clock,
    log,
  });
  const standIn = new StandInRequests({
    folder: options.workFolder,
    served: () => edgeManager.served,
    onRequest: async (component) => {
      options.overlay.expectChange(component);
      await follower.lookAtOverlay();
    },
    log,
  });
  const follower = new ConfigurationFollower({
    configuration,
    overlay: options.overlay,
    ipc,
    objection: async (next) =>
      next.PolicyChange === 'refuse' ? guard.objection(policyOf(next), policyOf(configuration.current)) : undefined,
    onChange: async (restartNeeded) => {
      options.setLogLevel(logLevel(configuration.current));
      requests.follow(configuration.current);
      announce('configuration.applied', { restartNeeded });
      admission.pump();
      drift.follow();
      void link.configure();
      await followWorkFolderMode(options.workFolder, configuration.current).catch((error: unknown) =>
        incidents.opened('WorkFolderMode', 'configuration.rejected', { error, severity: 'error' }),
      );
      void capture.setSettings(settingsOfCaptures());
      await edgeManager.follow();
      await lookout.follow();
      judgeAgain();
      void registry.review();
      void challengers.registry.review();
    },
    announce,
    incidents,
    log,
  });

  await store.open();
  const { records, finished } = await registry.restore();
  restoredModels.expect(records, finished);
  // Callers are answered by the predecessor until every model can.
  if (options.predecessor) await finished;
  troubles.look();
  const health = () => ({ status, services: registry.aliases(), expected: registry.expected() });
  const currentIncidents = () => {
    troubles.look();
    return incidents.current;
  };
  const { uploader, feedback, differences } = feedbackWays({
    ...options,
    configuration: () => configuration.current,
    metrics,
    incidents,
  });
  const leases = new OpenLeases();
  const sockets = await openSockets(
    {
      workFolder: options.workFolder,
      configuration: () => configuration.current,
      clock,
      onGuarded: (socket, reason) => metrics.guarded(socket, reason),
      takeOver: options.predecessor !== undefined,
      incidents,
    },
    {
      invoker,
      arrays,
      feedback,
      registry,
      gallery,
      drift,
      challengers,
      frames,
      leases,
      health,
      incidents: currentIncidents,
      metrics: () => metrics.text(),
      settings: new EditableConfiguration({
        component: COMPONENT,
        schema: agentConfiguration,
        ipc,
        check: (raw) => follower.requireTakeable(raw),
      }),
      log,
      openInference: {
        service: openInference,
        buffers: options.buffers,
        maxBodyBytes: () => requests.maxImageBytes,
      },
    },
  );
  const { inference: socketPath, administration: adminSocketPath } = sockets;
  log.info(
    { socket: socketPath, adminSocket: adminSocketPath, providers: platform.providers, cores: platform.cores },
    'agent.listening',
  );
  void options.predecessor?.end();
  await capture.open();
  await edgeManager.follow();
  await lookout.follow();
  const restored = finished.then(() => {
    if (status === 'starting') status = 'ok';
    link.start();
    log.info({ services: registry.aliases() }, 'agent.ready');
    // Only now: what serves comes first.
    void challengers.restore();
  });
  const subscribe = backgroundSubscriber(log);
  subscribe('invoke', invokeOverIpc({ ipc, invoker, arrays, log }));
  follower.start();
  standIn.start();
  void standIn.look();
  const stopLooking = lookRegularly({
    workFolder: options.workFolder,
    incidents,
    troubles,
    registry,
    challengers: challengers.registry,
    restoredModels,
    follower,
    standIn,
    judgeAgain,
    drift,
    clock,
  });
  const deferral = updateDeferral(clock, () => registry.busy);
  const onUpdate = (): ReturnType<typeof deferral> => {
    options.overlay.expectChange();
    return deferral();
  };
  subscribe('component updates', ipc.onComponentUpdate(onUpdate));
  const stopExpecting = ipc.onState((state) => {
    if (state === 'connected') options.overlay.expectChange();
  });
  ipc
    .updateState('RUNNING')
    .catch((error: unknown) => log.debug({ reason: messageOf(error) }, 'ipc.state-not-updated'));

  const stopFollowing = (): void => {
    status = 'stopping';
    stopLooking();
    stopCountingCrashes();
    standIn.stop();
    stopExpecting();
  };
  let standingBy: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  return {
    socketPath,
    adminSocketPath,
    openInferencePort: sockets.port,
    restored,
    standBy(timeoutMs) {
      stopFollowing();
      registry.freeze();
      quarantine.handOver();
      const parts = [
        sockets.closeOthers(timeoutMs),
        lookout.close(timeoutMs),
        edgeManager.close(timeoutMs).then(() => capture.close(timeoutMs)),
      ];
      standingBy ??= Promise.all([...parts, drift.handOver(), link.close()]).then(() => undefined);
      return standingBy;
    },
    close(timeoutMs) {
      if (closing) return closing;
      stopFollowing();
      closing = closeAgent(
        {
          sockets,
          edgeManager,
          lookout,
          capture,
          admission,
          leases,
          registry,
          challengers,
          quarantine,
          feedback,
          differences,
          uploader,
          frames,
          link,
          drift,
        },
        clock,
        timeoutMs,
      );
      return closing;
    },
  };
}
