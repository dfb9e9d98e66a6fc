import type { Clock, Logger } from '#packages/foundation';
import type { ActivateDone, ChallengerReport, Comparison, ModelIdentity } from '#packages/http';
import type { Prediction } from '#packages/model-package';
import type { Inference } from '#packages/vision';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import { agentErrors } from '../errors.ts';
import type { Picture } from '../picture/picture.ts';
import type { Progress } from '../registry/attempt.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { ServingModel } from '../registry/serving-model.ts';
import type { ChallengerSettings } from './challenger-settings.ts';
import { compareAnswers } from './compare-answers.ts';
import { ComparisonTally } from './comparison-tally.ts';
import type { RecentCounts, SkipReason } from './comparison-tally.ts';
import { CpuBudget } from './cpu-budget.ts';
import { FrameCopy } from './frame-copy.ts';

export interface ChallengersPorts {
  /** The registry of challengers alone. */
  readonly registry: ModelRegistry;
  /** The one of models that serve. */
  readonly champions: Pick<ModelRegistry, 'activate' | 'target'>;
  readonly aliasOf: (service: string) => string;
  readonly settings: (alias: string) => ChallengerSettings;
  /** Whether no request waits for a model. */
  readonly isQuiet: () => boolean;
  readonly buffers: BufferPool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** The outcome of each frame of the share. */
  readonly count: (alias: string, outcome: FrameOutcome) => void;
  /** Whether somebody wants the frames of a service on which the two differ. */
  readonly wantsDifferences: (service: string) => boolean;
  readonly onDifference: (frame: DifferingFrame) => void;
}

type FrameOutcome = 'agreed' | 'differed' | 'failed' | `skipped-${SkipReason}`;

/** A frame on which the two differ. */
export interface DifferingFrame {
  readonly service: string;
  /** Of the request. */
  readonly id: string;
  readonly reason: string;
  readonly image: Uint8Array;
  readonly champion: ModelIdentity;
  readonly challenger: ModelIdentity;
  /** Of the model that serves. */
  readonly predictions: readonly Prediction[];
}

/** An answer of the model that serves. */
export interface ChampionAnswer {
  readonly inference: Inference;
  readonly target: ServingModel;
}

/** Counts of one challenger since they were last asked, with what it takes. */
export interface ChallengerNews extends RecentCounts {
  readonly identity: ModelIdentity;
  readonly latency: Comparison['latency'];
  readonly memoryBytes: number | undefined;
}

/**
 * Models that run beside those that serve. Each sees a share of the frames after they were answered, while nothing waits and its CPU
 * budget lasts; its answers reach nobody and are only compared.
 */
export class Challengers {
  readonly #ports: ChallengersPorts;
  readonly #pairs = new Map<string, Pair>();

  constructor(ports: ChallengersPorts) {
    this.#ports = ports;
  }

  /** Whether the challenger shall see this picture; if so its bytes are copied. To be called before it is handed to the model that serves. */
  draw(service: string, picture: Picture, contentType: string | undefined): Trial | undefined {
    const { registry, champions, aliasOf, settings, random, isQuiet } = this.#ports;
    const alias = aliasOf(service);
    const challenger = registry.target(alias);
    if (!(challenger instanceof ServingModel)) return undefined;
    const champion = champions.target(alias);
    if (!(champion instanceof ServingModel) || stateOf(champion, challenger) !== 'comparing') return undefined;
    const { sharePercent, cpuPercent } = settings(alias);
    if (100 * random() >= sharePercent) return undefined;
    const pair = this.#pair(alias, champion, challenger);
    if (pair.isRunning || challenger.free === 0) return this.#skip(pair, 'busy');
    if (!isQuiet()) return this.#skip(pair, 'queue');
    if (!pair.budget.allows(cpuPercent)) return this.#skip(pair, 'budget');
    pair.isRunning = true;
    const copy = new FrameCopy(this.#ports.buffers, picture, contentType);
    return {
      submitted: () => copy.late(picture),
      answered: (id, answer) => void this.#try(pair, copy, service, id, answer).finally(() => (pair.isRunning = false)),
      dropped: () => void copy.drop().finally(() => (pair.isRunning = false)),
    };
  }

  list(): readonly ChallengerReport[] {
    const { registry, champions, settings } = this.#ports;
    return registry.aliases().flatMap((alias) => {
      const challenger = registry.target(alias);
      const status = registry.list().find((one) => one.alias === alias);
      if (!(challenger instanceof ServingModel) || !status) return [];
      const target = champions.target(alias);
      const champion = target instanceof ServingModel ? target : undefined;
      const { sharePercent, cpuPercent } = settings(alias);
      const state = champion ? stateOf(champion, challenger) : 'no-champion';
      const pair = champion && this.#pair(alias, champion, challenger);
      const [ours, theirs] = [champion?.instance.memoryBytes, challenger.instance.memoryBytes];
      const memory = {
        ...(ours === undefined ? {} : { champion: ours }),
        ...(theirs === undefined ? {} : { challenger: theirs }),
      };
      const comparison = pair?.tally.comparison ?? new ComparisonTally().comparison;
      return {
        alias,
        challenger: status,
        ...(champion ? { champion: champion.identity } : {}),
        state: state === 'comparing' && sharePercent === 0 ? 'paused' : state,
        sharePercent,
        cpuPercent,
        since: new Date(pair?.since ?? this.#ports.clock.now()).toISOString(),
        comparison: { ...comparison, ...(Object.keys(memory).length > 0 ? { memoryBytes: memory } : {}) },
      };
    });
  }

  /** Results of an alias's challenger since the last call; undefined if it does not have one. */
  takeNews(alias: string): ChallengerNews | undefined {
    const challenger = this.#ports.registry.target(alias);
    if (!(challenger instanceof ServingModel)) return undefined;
    const tally = this.#pairs.get(alias)?.tally ?? new ComparisonTally();
    const { latency } = tally.comparison;
    const { identity, instance } = challenger;
    return { identity, ...tally.takeRecent(), latency, memoryBytes: instance.memoryBytes };
  }

  /**
   * Lets the challenger of an alias serve it: the very files that were compared are activated like any others. Then the challenger ends.
   * @throws EdgeError `challenger.none`, and as `ModelRegistry.activate`
   */
  async promote(alias: string, progress: Progress, signal?: AbortSignal): Promise<ActivateDone> {
    const { registry, champions } = this.#ports;
    const { serving, record } = registry.served(alias) ?? none(alias, registry.aliases());
    const files = { path: serving.spec.packageDir, source: record.source };
    const done = await champions.activate({ alias, ...files }, progress, signal);
    // A model that the store could not take a copy of still needs the challenger's.
    if (!done.notKept) await registry.unload(alias).catch(() => undefined);
    return done;
  }

  /** Ends the challenger of an alias and forgets it. @throws EdgeError `challenger.none` */
  async stop(alias: string): Promise<void> {
    const { registry } = this.#ports;
    if (!registry.served(alias)) none(alias, registry.aliases());
    await registry.unload(alias);
  }

  #pair(alias: string, champion: ServingModel, challenger: ServingModel): Pair {
    const known = this.#pairs.get(alias);
    const key = `${champion.identity.hash} ${challenger.identity.hash}`;
    if (known?.key === key) {
      known.challenger = challenger;
      return known;
    }
    const { clock } = this.#ports;
    const budget = known?.budget ?? new CpuBudget(clock);
    const pair = { alias, key, challenger, budget, tally: new ComparisonTally(), since: clock.now(), isRunning: false };
    this.#pairs.set(alias, pair);
    return pair;
  }

  #skip(pair: Pair, reason: SkipReason): undefined {
    pair.tally.skipped(reason);
    this.#ports.count(pair.alias, `skipped-${reason}`);
    return undefined;
  }

  async #try(pair: Pair, copy: FrameCopy, service: string, id: string, answer: ChampionAnswer): Promise<void> {
    const { isQuiet, wantsDifferences, onDifference, registry, count, clock, log } = this.#ports;
    const { alias, challenger, tally, budget, key } = pair;
    const [hash] = key.split(' ');
    const isGone = answer.target.identity.hash !== hash || registry.target(alias) !== challenger;
    if (isGone || !isQuiet()) {
      await copy.drop();
      return this.#skip(pair, isGone ? 'gone' : 'queue');
    }
    const picture = await copy.take();
    if (!picture) return this.#skip(pair, 'gone');
    const kept = wantsDifferences(service) ? picture.bytes.slice() : undefined;
    const startedAt = clock.monotonic();
    try {
      const inference = await challenger.infer(picture.bytes, picture.contentType);
      const { totalMs, runMs } = inference.timings;
      const found = compareAnswers(findings(answer.inference, answer.target), findings(inference, challenger));
      const at = new Date(clock.now()).toISOString();
      tally.add({ id, service, at, found, championMs: answer.inference.timings.totalMs, challengerMs: totalMs });
      budget.spent(totalMs - runMs + runMs * challenger.instance.facts.intraOpThreads);
      count(alias, found.reason === undefined ? 'agreed' : 'differed');
      if (found.reason === undefined || !kept) return;
      onDifference({
        service,
        id,
        reason: found.reason,
        image: kept,
        champion: answer.target.identity,
        challenger: challenger.identity,
        predictions: answer.inference.predictions,
      });
    } catch (error) {
      budget.spent(clock.monotonic() - startedAt);
      tally.failed();
      count(alias, 'failed');
      log.debug({ alias, error }, 'challenger.not-answered');
    }
  }
}

/** One picture that the challenger shall see. Exactly one of `answered` and `dropped` is to be called in the end. */
export interface Trial {
  /** The model that serves has the picture. */
  submitted(): void;
  /** It has answered, and the answer is on its way. */
  answered(id: string, answer: ChampionAnswer): void;
  /** There is no answer to compare with. */
  dropped(): void;
}

/** A champion and its challenger. */
interface Pair {
  readonly alias: string;
  /** Hashes of both. */
  readonly key: string;
  challenger: ServingModel;
  readonly budget: CpuBudget;
  readonly tally: ComparisonTally;
  /** Milliseconds since the epoch. */
  readonly since: number;
  isRunning: boolean;
}

/** Answers of these are tensors, which nobody can compare without knowing what they mean. */
const NOT_COMPARABLE = ['tensor'];

function stateOf(champion: ServingModel, challenger: ServingModel): Exclude<ChallengerReport['state'], 'paused'> {
  if (champion.identity.hash === challenger.identity.hash) return 'same-package';
  const { task } = challenger.spec.manifest;
  return task === champion.spec.manifest.task && !NOT_COMPARABLE.includes(task) ? 'comparing' : 'not-comparable';
}

function findings({ predictions }: Inference, { bounds }: ServingModel) {
  return { predictions, threshold: bounds.threshold };
}

function none(alias: string, active: readonly string[]): never {
  const which = active.length === 0 ? 'no alias has one' : `those that have one: ${active.join(', ')}`;
  const message = `the alias "${alias}" does not have a challenger (${which})`;
  throw agentErrors.error('challenger.none', message, { facts: { alias, active } });
}
