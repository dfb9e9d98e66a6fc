import type { DeviceState } from '#packages/heartbeat';
import { cloudErrors } from '../errors.ts';
import { above, all, any, atLeast, below, crashedAfter, grouped, is, modelField, not } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import type { GateSettings } from './promotion-plan.ts';

/** A requirement that devices break: as terms that find them, and in words for one of them. */
interface Bound {
  readonly broken: Query;
  /** Undefined if the device meets it. */
  readonly reason: (state: DeviceState) => string | undefined;
}

/** A requirement that devices meet. */
interface Fact {
  readonly met: Query;
  readonly reason: (state: DeviceState) => string | undefined;
}

/** Queries that do not overlap, so that their counts may be added. None has NOT beside OR, which Lucene-like languages read in their own way. */
export interface GateQueries {
  readonly healthy: Query;
  /** Devices that break a bound, one query for each kind of bound. */
  readonly unhealthy: readonly Query[];
  readonly reasonOf: (state: DeviceState) => string;
}

/**
 * The bounds that the index cannot judge, since it knows the last state of each device and not the one before.
 * @throws EdgeError `promote.needs-heartbeats`
 */
export function checkIndexGate({ models, maxCrashes, maxCpuPercent, maxMemoryMb }: GateSettings): void {
  const settings = [
    ...models.flatMap(({ role, agreement }, at) => [
      ...(role === 'challenger' ? [`gate.models[${at}].role`] : []),
      ...(agreement ? [`gate.models[${at}].agreement`] : []),
    ]),
    ...(maxCrashes > 0 ? ['gate.maxCrashes'] : []),
    ...(maxCpuPercent === undefined ? [] : ['gate.maxCpuPercent']),
    ...(maxMemoryMb === undefined ? [] : ['gate.maxMemoryMb']),
  ];
  if (settings.length === 0) return;
  const message = `the fleet index does not tell what ${settings.join(', ')} asks for`;
  throw cloudErrors.error('promote.needs-heartbeats', message, { facts: { settings } });
}

/** The gate as queries, over the devices that `online` finds. Times are milliseconds since the epoch; devices tell theirs by their own clocks. */
export function gateQueries(online: Query, settings: GateSettings, deployedAt: number, now: number): GateQueries {
  const since = Math.floor(deployedAt / 1_000);
  const bakedAt = Math.floor((now - settings.bakeMinutes * 60_000) / 1_000);
  const models = settings.models.filter(({ role }) => role === 'champion');
  const facts = models.flatMap(modelFacts);
  const bounds = [...models.flatMap((model) => modelBounds(model, settings, since)), crashBound(since)];
  const late = models.flatMap((model) => requestBounds(model, settings));
  const took = [online, ...models.map(({ name, version }) => is(modelField(name, 'version'), version))];
  const judged = models.flatMap(({ name, active }) => [
    ...(active ? [atLeast(modelField(name, 'requests'), settings.minRequests)] : []),
    below(modelField(name, 'since'), bakedAt + 1),
  ]);
  const met = facts.map((fact) => fact.met);
  const [broken, brokenLate] = [bounds, late].map((some) => any(...some.map((bound) => bound.broken))) as [
    Query,
    Query,
  ];
  return {
    healthy: all(...took, ...judged, ...met, not(broken), not(brokenLate)),
    unhealthy: [
      all(...took, broken),
      ...(met.length === 0 ? [] : [all(...took, not(broken), not(grouped(all(...met))))]),
      all(...took, ...judged, ...met, not(broken), brokenLate),
    ],
    reasonOf: (state) =>
      [...bounds, ...facts, ...late].flatMap(({ reason }) => reason(state) ?? []).join('; ') || 'it is not healthy',
  };
}

type ModelSettings = GateSettings['models'][number];

function modelFacts({ name, golden, provider }: ModelSettings): readonly Fact[] {
  const fact = (field: 'golden' | 'provider', wanted: string, words: (found: string) => string): Fact => ({
    met: is(modelField(name, field), wanted),
    reason: ({ models }) => {
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

function modelBounds({ name, maxMemoryMb }: ModelSettings, { drift }: GateSettings, since: number): readonly Bound[] {
  const driftedAfter = drift === 'new' ? since : 0;
  const drifts: Bound = {
    broken: above(modelField(name, 'driftSince'), driftedAfter),
    reason: ({ models }) =>
      (models[name]?.driftSince ?? 0) > driftedAfter ? `${name}: a service of it drifts` : undefined,
  };
  return [
    ...(maxMemoryMb === undefined ? [] : [numberBound(name, 'memoryMb', maxMemoryMb, 'takes', 'MB')]),
    ...(drift === 'off' ? [] : [drifts]),
  ];
}

function requestBounds({ name, maxP95Ms }: ModelSettings, { maxFailurePercent }: GateSettings): readonly Bound[] {
  return [
    numberBound(name, 'failurePercent', maxFailurePercent, 'fails on', '% of its last requests'),
    ...(maxP95Ms === undefined ? [] : [numberBound(name, 'p95Ms', maxP95Ms, 'has a p95 of', 'ms')]),
  ];
}

function numberBound(
  name: string,
  field: 'memoryMb' | 'failurePercent' | 'p95Ms',
  most: number,
  verb: string,
  unit: string,
): Bound {
  return {
    broken: above(modelField(name, field), most),
    reason: (state) => {
      const value = state.models[name]?.[field];
      return value !== undefined && value > most
        ? `${name} ${verb} ${value} ${unit}; at most ${most} are allowed`
        : undefined;
    },
  };
}

function crashBound(since: number): Bound {
  return {
    broken: crashedAfter(since),
    reason: ({ crashedAt }) => (crashedAt !== undefined && crashedAt > since ? 'the agent crashed since' : undefined),
  };
}
