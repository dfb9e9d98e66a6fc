import { REMEMBERED_TIMES } from '#packages/heartbeat';
import type { ChallengerState, DeviceState, ModelState } from '#packages/heartbeat';
import { cloudErrors } from '../errors.ts';
import { above, all, atLeast, below, grouped, is, modelField, not, reported } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import type { GateSettings } from './promotion-plan.ts';

/** A requirement that devices break: as terms that find them, and in words for one of them. */
export interface Bound {
  readonly broken: Query;
  /** Undefined if the device meets it. */
  readonly reason: (state: DeviceState) => string | undefined;
}

/** The gate as queries over the devices that can be reached. Each finds a part of what the one before finds. */
interface GateQueries {
  /** The version serves. */
  readonly took: Query;
  /** On the provider and with the golden test that the plan wants. */
  readonly met: Query;
  /** It took, and is not met. Undefined if the plan wants nothing of the kind. */
  readonly unmet: Query | undefined;
  /** For long enough, and with enough requests. */
  readonly judged: Query;
  /** Of devices that are met. */
  readonly early: readonly Bound[];
  /** Of devices that are judged. */
  readonly late: readonly Bound[];
  readonly reasonOf: (state: DeviceState) => string;
}

/** As many crashes or starts can be counted by the times that devices remember. */
const MAX_COUNT = REMEMBERED_TIMES - 1;

/** @throws EdgeError `promote.needs-heartbeats` for bounds that the index cannot judge */
export function checkIndexGate({ maxCrashes, maxRestarts }: GateSettings): void {
  const settings = Object.entries({ maxCrashes, maxRestarts }).flatMap(([name, most]) =>
    most > MAX_COUNT ? [`gate.${name}: ${most}`] : [],
  );
  if (settings.length === 0) return;
  const message = `the fleet index does not tell what ${settings.join(', ')} asks for: devices remember their last ${REMEMBERED_TIMES}, so ${MAX_COUNT} is the most`;
  throw cloudErrors.error('promote.needs-heartbeats', message, { facts: { settings } });
}

/** The gate as queries, over the devices that `online` finds. Times are milliseconds since the epoch; devices tell theirs by their own clocks. */
export function gateQueries(online: Query, settings: GateSettings, deployedAt: number, now: number): GateQueries {
  const since = Math.floor(deployedAt / 1_000);
  const bakedAt = Math.floor((now - settings.bakeMinutes * 60_000) / 1_000);
  const champions = settings.models.filter(({ role }) => role === 'champion').map((model) => new Model(model));
  const challengers = settings.models.filter(({ role }) => role === 'challenger').map((model) => new Model(model));
  const models = [...champions, ...challengers];
  const took = all(online, ...models.map((model) => is(model.field('version'), model.wanted.version)));
  const facts = champions.flatMap(modelFacts);
  const met = all(took, ...facts.map(({ met: fact }) => fact));
  const waits = models.flatMap((model) => [...requestTerms(model, settings), below(model.field('since'), bakedAt + 1)]);
  const early = [
    ...agentBounds(settings, since),
    ...champions.flatMap((model) => driftBounds(model, settings, since)),
    ...models.flatMap((model) => memoryBounds(model, settings)),
    ...challengers.map((model) => challengerFailures(model, settings)),
  ];
  const late = [
    ...champions.map((model) =>
      model.most('failurePercent', settings.maxFailurePercent, 'fails on', '% of its last requests'),
    ),
    ...models.flatMap((model) => answerBounds(model, settings)),
  ];
  return {
    took,
    met,
    unmet: facts.length === 0 ? undefined : all(took, not(grouped(all(...facts.map(({ met: fact }) => fact))))),
    judged: all(met, ...waits),
    early,
    late,
    reasonOf: (state) =>
      [...early, ...facts, ...late].flatMap(({ reason }) => reason(state) ?? []).join('; ') || 'it is not healthy',
  };
}

type ModelSettings = GateSettings['models'][number];
type Numbers = 'memoryMb' | 'failurePercent' | 'p95Ms' | 'p95GrowthPercent' | 'memoryGrowthPercent';

/** A model of the plan in the state of a device. */
class Model {
  readonly wanted: ModelSettings;
  readonly #kind: 'models' | 'challengers';

  constructor(wanted: ModelSettings) {
    this.wanted = wanted;
    this.#kind = wanted.role === 'champion' ? 'models' : 'challengers';
  }

  get compared(): string {
    return this.#kind === 'models' ? 'before' : 'the model that serves';
  }

  field(name: string): string {
    return modelField(this.wanted.name, name, this.#kind);
  }

  in(state: DeviceState): ModelState | ChallengerState | undefined {
    return state[this.#kind][this.wanted.name];
  }

  most(field: Numbers, most: number, verb: string, unit: string): Bound {
    const { name } = this.wanted;
    return {
      broken: above(this.field(field), most),
      reason: (state) => {
        const value = this.in(state)?.[field];
        return value === undefined || value <= most
          ? undefined
          : `${name} ${verb} ${value} ${unit}; at most ${most} are allowed`;
      },
    };
  }
}

function modelFacts({ wanted: { name, golden, provider } }: Model) {
  const fact = (field: 'golden' | 'provider', wanted: string, words: (found: string) => string) => ({
    met: is(modelField(name, field), wanted),
    reason: ({ models }: DeviceState): string | undefined => {
      const found = models[name]?.[field] ?? 'not reported';
      return found === wanted ? undefined : `${name}: ${words(found)}`;
    },
  });
  return [
    ...(golden === 'PASSED' ? [fact('golden', golden, (found) => `golden test: ${found}`)] : []),
    ...(provider === undefined
      ? []
      : [fact('provider', provider, (found) => `runs on ${found}, ${provider} was requested`)]),
  ];
}

/** Requests of a model that serves, pictures of one that is compared. */
function requestTerms(model: Model, { minRequests }: GateSettings): readonly Query[] {
  const { role, active, agreement } = model.wanted;
  const frames = Math.max(agreement?.minFrames ?? 0, role === 'challenger' ? minRequests : 0);
  return [
    ...(role === 'champion' && active ? [atLeast(model.field('requests'), minRequests)] : []),
    ...(frames > 0 ? [atLeast(model.field('frames'), frames)] : []),
  ];
}

function agentBounds(settings: GateSettings, since: number): readonly Bound[] {
  const { maxCrashes, maxRestarts, maxMemoryMb, maxCpuPercent, maxMemoryGrowthPercent } = settings;
  const times = (field: 'crashTimes' | 'startTimes', most: number, verb: string): Bound => ({
    broken: above(reported(`${field}.n${most + 1}`), since),
    reason: (state) => {
      const count = Object.values(state[field]).filter((time) => time > since).length;
      return count > most ? `the agent ${verb} ${count} times since; at most ${most} are allowed` : undefined;
    },
  });
  const most = (
    field: 'agentMemoryMb' | 'agentCpuPercent' | 'agentMemoryGrowthPercent',
    bound: number | undefined,
    unit: string,
  ): readonly Bound[] =>
    bound === undefined
      ? []
      : [
          {
            broken: above(reported(field), bound),
            reason: ({ [field]: value }) =>
              value !== undefined && value > bound
                ? `the agent takes ${value} ${unit}; at most ${bound} are allowed`
                : undefined,
          },
        ];
  return [
    times('crashTimes', maxCrashes, 'crashed'),
    times('startTimes', maxRestarts, 'started'),
    ...most('agentMemoryMb', maxMemoryMb, 'MB'),
    ...most('agentCpuPercent', maxCpuPercent, '% of a core'),
    ...most('agentMemoryGrowthPercent', maxMemoryGrowthPercent, '% more memory than before'),
  ];
}

function driftBounds({ wanted: { name } }: Model, { drift }: GateSettings, since: number): readonly Bound[] {
  if (drift === 'off') return [];
  const after = drift === 'new' ? since : 0;
  return [
    {
      broken: above(modelField(name, 'driftSince'), after),
      reason: ({ models }) => ((models[name]?.driftSince ?? 0) > after ? `${name}: a service of it drifts` : undefined),
    },
  ];
}

function memoryBounds(model: Model, { maxMemoryGrowthPercent }: GateSettings): readonly Bound[] {
  const { maxMemoryMb } = model.wanted;
  return [
    ...(maxMemoryMb === undefined ? [] : [model.most('memoryMb', maxMemoryMb, 'takes', 'MB')]),
    model.most('memoryGrowthPercent', maxMemoryGrowthPercent, 'takes', `% more memory than ${model.compared}`),
  ];
}

/** Judged before there are enough answers: there may never be any. */
function challengerFailures(model: Model, { minRequests, maxFailurePercent }: GateSettings): Bound {
  const failing = model.most('failurePercent', maxFailurePercent, 'fails on', '% of its pictures');
  const broken = grouped(all(atLeast(model.field('requests'), minRequests), failing.broken));
  return {
    broken,
    reason: (state) => ((model.in(state)?.requests ?? 0) >= minRequests ? failing.reason(state) : undefined),
  };
}

function answerBounds(model: Model, { maxP95GrowthPercent }: GateSettings): readonly Bound[] {
  const { name, maxP95Ms, agreement } = model.wanted;
  const slow = maxP95Ms === undefined ? [] : [model.most('p95Ms', maxP95Ms, 'has a p95 of', 'ms')];
  const slower = model.most('p95GrowthPercent', maxP95GrowthPercent, 'has a p95 of', `% more than ${model.compared}`);
  if (!agreement) return [...slow, slower];
  const { minPercent } = agreement;
  const differs: Bound = {
    broken: below(model.field('agreedPercent'), minPercent),
    reason: (state) => {
      const { agreedPercent } = model.in(state) ?? {};
      return agreedPercent !== undefined && agreedPercent < minPercent
        ? `${name} and the model beside it agree on ${agreedPercent} % of the pictures; at least ${minPercent} % must be`
        : undefined;
    },
  };
  return [...slow, slower, differs];
}
