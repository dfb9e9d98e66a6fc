import { join } from 'node:path';
import { DriftBook } from '../drift/drift-book.ts';
import { driftSettings } from '../drift/drift-settings.ts';
import type { AgentEventName } from '../events/agent-event.ts';
import { GalleryBook } from '../gallery/gallery-book.ts';
import { AgentIncidents } from '../health/agent-incidents.ts';
import { StalledServices } from '../health/stalled-services.ts';
import type { ObservedRun, SeenPicture } from '../invoke/observed-run.ts';
import type { AgentOptions } from './agent.ts';
import type { AgentPolicy } from './agent-policy.ts';
import { FleetLink } from './fleet-link.ts';
import { watchPolicy } from './policy-watch.ts';
import type { PolicyWatch } from './policy-watch.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';

export interface WatcherParts {
  readonly policy: AgentPolicy;
  readonly reports: Reports;
  readonly serving: Serving;
}

/** Parts that follow the models that serve and their answers, and tell what they find. */
export interface Watchers {
  /** Incidents of the models: refused, in quarantine, ended, stalled. */
  readonly troubles: AgentIncidents;
  /** Whether the models that run would still be taken. */
  readonly policyWatch: PolicyWatch;
  /** Whether services see and say what their models were made for. */
  readonly drift: DriftBook;
  /** Enrolled pictures, and whether the models that serve can be compared with them. */
  readonly gallery: GalleryBook;
  /** Heartbeats, the state of the device, and the way to the bucket. */
  readonly link: FleetLink;
  /** A request was answered. */
  readonly answered: (service: string, run: ObservedRun, seen?: SeenPicture) => void;
  /** A request was not answered. */
  readonly failed: (service: string, thrown: unknown) => void;
}

/** After these a model serves that was not judged yet. */
const NEW_MODELS: readonly AgentEventName[] = [
  'model.activated',
  'model.restored',
  'model.rolled-back',
  'model.swapped',
];

/** @throws EdgeError `cloud-provider.*` */
export async function openWatchers(options: AgentOptions, parts: WatcherParts): Promise<Watchers> {
  const { workFolder, configuration, clock, log } = options;
  const { reports, serving } = parts;
  const { incidents, events, metrics } = reports;
  const { registry, challengers, restored, aliasOf, modelOf } = serving;

  const { stalled, troubles } = modelTroubles(options, parts);
  const policyWatch = watchPolicy(options, parts);
  const drift = new DriftBook({
    file: join(workFolder, 'drift.json'),
    settings: () => driftSettings(configuration.current),
    serving: modelOf,
    announce: events.announce,
    clock,
    log,
  });
  const link = await FleetLink.open({
    ...options,
    configuration: () => configuration.current,
    serving: () => registry.serving(),
    driftsOf: (alias) => drift.statuses(alias),
    challengerOf: (alias) => challengers.challengers.takeNews(alias),
    challengers: () => challengers.challengers.list(),
    onMismatch: (names) => events.announce('device.name-mismatch', names),
    incidents,
  });
  const gallery = new GalleryBook({
    folder: join(workFolder, 'galleries'),
    serving: (alias) => registry.served(alias)?.serving,
    incidents,
    clock,
  });

  events.listen((event, facts) => link.observe(event, facts));
  events.listen((event, facts) => troubles.observe(event, facts));
  events.listen((event) => {
    if (!NEW_MODELS.includes(event)) return;
    policyWatch.look();
    gallery.look();
  });
  // Announces a mismatch, so listeners come before it.
  link.checkName();
  await gallery.open();
  await drift.open();

  return {
    troubles,
    policyWatch,
    drift,
    gallery,
    link,
    answered(service, run, seen) {
      metrics.answered(service, run);
      stalled.answered(service);
      if (seen) drift.observe(service, seen.target, seen.inference);
      link.usage.inference(run.model.alias, run.timings.runMs ?? 0);
      restored.asked(run.model.alias);
    },
    failed(service, thrown) {
      metrics.failed(service, thrown);
      stalled.failed(service, thrown);
      link.usage.failure(aliasOf(service));
    },
  };
}

function modelTroubles({ clock }: AgentOptions, { reports, serving }: WatcherParts) {
  const { registry, quarantine, admission, modelOf } = serving;
  const stalled = new StalledServices({
    waiting: () => new Map([...admission.depths].map(([name, { waiting }]) => [name, waiting])),
    serves: (name) => modelOf(name) !== undefined,
    // The two need each other. Before the first request, no service stalls.
    onChange: () => troubles.look(),
    clock,
  });
  const troubles = new AgentIncidents({
    incidents: reports.incidents,
    models: () => registry.list(),
    quarantine,
    stalled,
    clock,
  });
  return { stalled, troubles };
}
