import { join } from 'node:path';
import { Serial } from '#packages/foundation';
import { availableMemory } from '#packages/posix';
import { Admission } from '../admission/admission.ts';
import { challengerSettings } from '../challenger/challenger-settings.ts';
import { openChallengers } from '../challenger/open-challengers.ts';
import type { OpenChallengers } from '../challenger/open-challengers.ts';
import { RestoredModels } from '../edge-manager/restored-models.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import { Quarantine } from '../registry/quarantine.ts';
import { ServingModel } from '../registry/serving-model.ts';
import { RequestSettings } from '../settings/request-settings.ts';
import { PackageStore } from '../store/package-store.ts';
import type { AgentOptions } from './agent.ts';
import { storeBounds } from './agent-policy.ts';
import type { AgentPolicy } from './agent-policy.ts';
import type { FeedbackWays } from './feedback-ways.ts';
import type { Reports } from './reports.ts';

export interface ServingParts {
  readonly policy: AgentPolicy;
  readonly reports: Reports;
  readonly feedback: Pick<FeedbackWays, 'differences'>;
}

/** What serves: the models, the requests that wait for them, and the challengers that run beside them. */
export interface Serving {
  readonly requests: RequestSettings;
  readonly quarantine: Quarantine;
  readonly registry: ModelRegistry;
  readonly admission: Admission<ServingModel>;
  readonly challengers: OpenChallengers;
  /** Models of clients that came back and that nobody has asked for yet. */
  readonly restored: RestoredModels;
  readonly aliasOf: (service: string) => string;
  /** The model that answers a service now. */
  readonly modelOf: (service: string) => ServingModel | undefined;
  /**
   * Brings back what was active before, challengers excepted. Resolves once it is known which models those are; `finished` resolves
   * when all have come or failed, and never rejects.
   */
  restore(): Promise<{ readonly finished: Promise<void> }>;
}

/** Until `restore` is called, no model serves and nothing is read from the store. */
export async function openServing(options: AgentOptions, parts: ServingParts): Promise<Serving> {
  const { workFolder, configuration, platform, keys, openInstance, buffers, clock, random, log } = options;
  const { policy, feedback } = parts;
  const { incidents, events, metrics } = parts.reports;
  const requests = new RequestSettings(configuration.current, platform.cores);
  const aliasOf = (service: string): string => requests.service(service).alias;
  const bounds = () => storeBounds(configuration.current);

  const quarantine = new Quarantine({
    file: join(workFolder, 'quarantine.json'),
    clock,
    random,
    onNotKept: (error) => events.announce('quarantine.not-kept', { error: error.toJSON() }),
    onKept: () => incidents.resolved('quarantine', 'quarantine.kept'),
  });
  await quarantine.open();

  // Models that serve and challengers load in the same way, and in turns.
  const loading = {
    policy: () => policy.now(),
    minimums: policy.minimums,
    keys,
    openInstance,
    loadTurns: new Serial(),
    freeMemory: () => availableMemory().availableBytes,
    announce: events.announce,
    clock,
    random,
  };
  const store = new PackageStore({ folder: join(workFolder, 'models'), bounds });
  const registry = new ModelRegistry({
    ...loading,
    quarantine,
    store,
    // The two need each other. No model changes before `restore`, so admission is there by then.
    onChange: () => admission.pump(),
  });
  const admission = new Admission<ServingModel>({
    clock,
    service: (name) => requests.service(name),
    target: (alias) => registry.target(alias),
    aliases: () => registry.aliases(),
    bounds: () => requests.bounds,
    onRejected: (name, reason) => {
      metrics.rejected(name, reason);
      registry.missed(aliasOf(name));
    },
  });
  const challengers = await openChallengers({
    ...loading,
    workFolder,
    storeBounds: bounds,
    champions: registry,
    aliasOf,
    settings: (alias) => challengerSettings(configuration.current, alias),
    isQuiet: () => admission.isQuiet,
    buffers,
    count: (alias, outcome) => metrics.challenged(alias, outcome),
    wantsDifferences: (name) => feedback.differences.wants(name),
    onDifference: (frame) => feedback.differences.offer(frame),
    log,
  });
  const restored = new RestoredModels({
    registry,
    graceMs: () => 1_000 * configuration.current.ClientModelGraceSeconds,
    awayMs: () => 1_000 * configuration.current.RetireGraceSeconds,
    clock,
    log,
  });

  return {
    requests,
    quarantine,
    registry,
    admission,
    challengers,
    restored,
    aliasOf,
    modelOf(service) {
      const target = registry.target(aliasOf(service));
      return target instanceof ServingModel ? target : undefined;
    },
    async restore() {
      await store.open();
      const { records, finished } = await registry.restore();
      restored.expect(records, finished);
      return { finished };
    },
  };
}
