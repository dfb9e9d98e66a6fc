import type { DeviceState } from '#packages/heartbeat';
import { cloudErrors } from '../errors.ts';
import { above, all, any, atLeast, below, crashedAfter, is, modelField, not } from '../fleet/index/query.ts';
import type { Query } from '../fleet/index/query.ts';
import type { GateSettings } from './promotion-plan.ts';

/** A requirement that devices break: as terms that find them, and in words for one of them. */
interface Bound {
  readonly broken: Query;
  /** Undefined if the device meets it. */
  readonly reason: (state: DeviceState) => string | undefined;
}

export interface GateQueries {
  /** Devices on which every model serves in the version that was deployed. */
  readonly took: Query;
  /** Of those, the ones that have answered enough requests for long enough. */
  readonly judged: Query;
  /** Devices that break a bound, whatever the number of their requests. */
  readonly broken: Query;
  /** Devices that break a bound that is judged once there are enough requests; undefined if there is none. */
  readonly brokenOnceJudged: Query | undefined;
  readonly reasonOf: (state: DeviceState) => string;
}

/**
 * What the index cannot judge, since it knows the last state of each device and not what it said before.
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

/** The gate as queries. Times are milliseconds since the epoch; devices tell theirs by their own clocks. */
export function gateQueries(settings: GateSettings, deployedAt: number, now: number): GateQueries {
  const since = Math.floor(deployedAt / 1_000);
  const bakedAt = Math.floor((now - settings.bakeMinutes * 60_000) / 1_000);
  const models = settings.models.filter(({ role }) => role === 'champion');
  const always = [...models.flatMap((model) => modelBounds(model, settings, since)), crashBound(since)];
  const later = models.flatMap((model) => requestBounds(model, settings));
  const took = all(...models.map(({ name, version }) => is(modelField(name, 'version'), version)));
  const judged = models.flatMap(({ name, active }) => [
    ...(active ? [atLeast(modelField(name, 'requests'), settings.minRequests)] : []),
    below(modelField(name, 'since'), bakedAt + 1),
  ]);
  const bounds = [...always, ...later];
  return {
    took,
    judged: all(took, ...judged),
    broken: any(...always.map(({ broken }) => broken)),
    brokenOnceJudged: later.length === 0 ? undefined : any(...later.map(({ broken }) => broken)),
    reasonOf: (state) => bounds.flatMap(({ reason }) => reason(state) ?? []).join('; ') || 'it is not healthy',
  };
}

type ModelSettings = GateSettings['models'][number];

function modelBounds(model: ModelSettings, { drift }: GateSettings, since: number): readonly Bound[] {
  const { name, golden, provider, maxMemoryMb } = model;
  const of = (state: DeviceState) => state.models[name];
  const driftedAfter = drift === 'new' ? since : 0;
  return [
    ...(golden === 'PASSED'
      ? [
          {
            broken: not(is(modelField(name, 'golden'), golden)),
            reason: (state: DeviceState) =>
              of(state)?.golden === golden ? undefined : `${name}: golden test: ${of(state)?.golden ?? 'not reported'}`,
          },
        ]
      : []),
    ...(provider === undefined
      ? []
      : [
          {
            broken: not(is(modelField(name, 'provider'), provider)),
            reason: (state: DeviceState) =>
              of(state)?.provider === provider
                ? undefined
                : `${name}: runs on ${of(state)?.provider ?? 'an unknown provider'}, ${provider} was requested`,
          },
        ]),
    ...(maxMemoryMb === undefined ? [] : [numberBound(name, 'memoryMb', maxMemoryMb, 'takes', 'MB')]),
    ...(drift === 'off'
      ? []
      : [
          {
            broken: above(modelField(name, 'driftSince'), driftedAfter),
            reason: (state: DeviceState) =>
              (of(state)?.driftSince ?? 0) > driftedAfter ? `${name}: a service of it drifts` : undefined,
          },
        ]),
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
