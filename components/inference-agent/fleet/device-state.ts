import { REMEMBERED_TIMES, roundedDown, servesOf } from '#packages/heartbeat';
import type { ChallengerState, DeviceState, HeartbeatDevice, ModelState } from '#packages/heartbeat';
import type { ServiceDrift } from '#packages/http';
import { AGENT_VERSION } from './agent-version.ts';
import type { Life } from './life-record.ts';
import type { ModelLife } from './model-life.ts';
import type { ModelUsage } from './model-usage.ts';

export interface StateFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The state as it was at the last look, or as it was last told before the agent started. Undefined: nothing is known. */
  readonly before: DeviceState | undefined;
  readonly life: Life;
  readonly device: HeartbeatDevice;
  /** The agent's own process. */
  readonly agent: { readonly memoryBytes: number; readonly cpuPercent: number };
  readonly models: readonly StateModelFacts[];
}

export interface StateModelFacts {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
  readonly provider: string;
  readonly golden: string;
  readonly isRefused: boolean;
  readonly drifts: readonly ServiceDrift[];
  readonly memoryBytes?: number;
  readonly life: Pick<ModelLife, 'since' | 'requests' | 'failurePercent' | 'p95Ms'>;
  readonly latest: Pick<ModelUsage, 'latestInference' | 'latestSample'>;
  /** The model that runs beside it, and what came of it since they are a pair. */
  readonly challenger?: StateChallengerFacts;
}

export interface StateChallengerFacts {
  readonly name: string;
  readonly version: string;
  readonly frames: number;
  readonly agreed: number;
  readonly failed: number;
  readonly latency?: Readonly<Record<'champion' | 'challenger', { readonly p95Ms: number }>>;
  readonly memoryBytes?: number;
}

const HOUR_MS = 3_600_000;
const MB = 1_000_000;
const FAILING_PERCENT = 20;
/** Latencies are compared from so many requests on, of both versions. */
const COMPARABLE_REQUESTS = 20;

/** The state of a device, as its shadow tells it. */
export function deviceStateOf(facts: StateFacts): DeviceState {
  const { now, before, life, device, models } = facts;
  const isRecent = (time: number | undefined): boolean => time !== undefined && now - time <= HOUR_MS;
  const entries = models.map((model) => [keyOf(model, models), modelStateOf(model, now, before)] as const);
  return {
    at: seconds(now),
    agent: AGENT_VERSION,
    state: worstOf(models),
    serves: servesOf(
      models.map(({ name, version, latest: { latestInference, latestSample } }) => ({
        name,
        version,
        active: isRecent(latestInference),
        sampling: isRecent(latestSample),
      })),
    ),
    ...text('nucleus', device.Nucleus),
    ...text('platform', device.Platform),
    ...text('architecture', device.Architecture),
    ...text('providers', device.Providers?.join(' ')),
    ...megabytes('diskFreeMb', device.DiskFreeBytes),
    ...megabytes('memoryFreeMb', device.MemoryAvailableBytes),
    ...life,
    startTimes: timesOf(before?.startTimes, life.starts - (before?.starts ?? life.starts), seconds(now)),
    crashTimes: timesOf(before?.crashTimes, life.crashes - (before?.crashes ?? life.crashes), seconds(now)),
    ...agentState(facts),
    models: Object.fromEntries(entries),
    challengers: Object.fromEntries(models.flatMap((model) => challengerStateOf(model, now, before))),
  };
}

/** The last times, after it has happened so many times more. */
function timesOf(known: Readonly<Record<string, number>> = {}, more: number, now: number): Record<string, number> {
  const times = [...Array<number>(Math.min(Math.max(more, 0), REMEMBERED_TIMES)).fill(now), ...Object.values(known)];
  return Object.fromEntries(times.slice(0, REMEMBERED_TIMES).map((time, index) => [`n${index + 1}`, time]));
}

function agentState({ before, agent: { memoryBytes, cpuPercent }, models }: StateFacts) {
  const memoryMb = Math.round(memoryBytes / MB);
  const isSame =
    before?.agent === AGENT_VERSION &&
    Object.keys(before.models).length === models.length &&
    models.every(({ alias, version }) => earlierOf(before, alias)?.version === version);
  const former = isSame ? before.formerAgentMemoryMb : before?.agentMemoryMb;
  return {
    agentMemoryMb: memoryMb,
    agentCpuPercent: Math.round(cpuPercent),
    ...number('formerAgentMemoryMb', former),
    ...number('agentMemoryGrowthPercent', growth(memoryMb, former)),
  };
}

function earlierOf(before: DeviceState | undefined, alias: string): ModelState | undefined {
  return Object.values(before?.models ?? {}).find((one) => one.alias === alias);
}

/** Queries ask for a model by its name; the second alias of a model has its alias behind it. */
function keyOf({ name, alias }: StateModelFacts, models: readonly StateModelFacts[]): string {
  const isFirst = models.find((model) => model.name === name)?.alias === alias;
  return isFirst ? name : `${name}:${alias}`;
}

function modelStateOf(model: StateModelFacts, now: number, before: DeviceState | undefined): ModelState {
  const { alias, version, provider, golden, life, memoryBytes, challenger } = model;
  const earlier = earlierOf(before, alias);
  const known = earlier?.version === version ? earlier : undefined;
  const former = known
    ? { p95Ms: known.formerP95Ms, memoryMb: known.formerMemoryMb }
    : { p95Ms: isComparable(earlier?.requests) ? earlier?.p95Ms : undefined, memoryMb: earlier?.memoryMb };
  // The memory of a model is told once it has answered: before, it is still growing.
  const memoryMb = life.requests > 0 && memoryBytes !== undefined ? Math.round(memoryBytes / MB) : undefined;
  const p95Ms = life.p95Ms === undefined ? undefined : Math.round(life.p95Ms * 10) / 10;
  return {
    alias,
    version,
    provider,
    golden,
    since: known?.since ?? seconds(life.since),
    requests: roundedDown(life.requests),
    failurePercent: life.failurePercent,
    ...number('p95Ms', p95Ms),
    ...number('memoryMb', memoryMb),
    ...(isDrifting(model) ? { driftSince: known?.driftSince ?? seconds(now) } : {}),
    ...number('formerP95Ms', former.p95Ms),
    ...number('formerMemoryMb', former.memoryMb),
    ...number('p95GrowthPercent', isComparable(life.requests) ? growth(p95Ms, former.p95Ms) : undefined),
    ...number('memoryGrowthPercent', growth(memoryMb, former.memoryMb)),
    ...(challenger ? comparedOf(challenger) : {}),
  };
}

function challengerStateOf(
  { alias, name: champion, version: championVersion, challenger, memoryBytes: championBytes }: StateModelFacts,
  now: number,
  before: DeviceState | undefined,
): readonly (readonly [string, ChallengerState])[] {
  if (!challenger) return [];
  const { name, version, frames, failed, latency, memoryBytes } = challenger;
  const known = before?.challengers[name];
  const isKnown = known?.alias === alias && known.version === version && known.championVersion === championVersion;
  const requests = frames + failed;
  const state = {
    alias,
    version,
    champion,
    championVersion,
    since: isKnown ? known.since : seconds(now),
    ...comparedOf(challenger),
    requests: roundedDown(requests),
    failurePercent: requests === 0 ? 0 : Math.round((100 * failed) / requests),
    ...number('p95Ms', latency && Math.round(latency.challenger.p95Ms * 10) / 10),
    ...megabytes('memoryMb', memoryBytes),
    ...number('p95GrowthPercent', growth(latency?.challenger.p95Ms, latency?.champion.p95Ms)),
    ...number('memoryGrowthPercent', growth(memoryBytes, championBytes)),
  };
  return [[name, state]];
}

/** Rounded down: a share below a bound must not look as if it met it. */
function comparedOf({ frames, agreed }: StateChallengerFacts) {
  const agreedPercent = frames === 0 ? undefined : Math.floor((1_000 * agreed) / frames) / 10;
  return { frames: roundedDown(frames), ...number('agreedPercent', agreedPercent) };
}

function isComparable(requests: number | undefined): boolean {
  return (requests ?? 0) >= COMPARABLE_REQUESTS;
}

/** In percent, rounded up; undefined if there is nothing to compare. */
function growth(now: number | undefined, was: number | undefined): number | undefined {
  return now === undefined || was === undefined || was <= 0 ? undefined : Math.ceil((100 * now) / was - 100);
}

function worstOf(models: readonly StateModelFacts[]): DeviceState['state'] {
  if (models.some(({ life }) => life.failurePercent >= FAILING_PERCENT)) return 'FAILING';
  if (models.some(isDrifting)) return 'DRIFTING';
  return models.some(({ isRefused }) => isRefused) ? 'REFUSED' : 'OK';
}

/** A changed camera is not a fault of the model. */
function isDrifting({ drifts }: StateModelFacts): boolean {
  return drifts.some(
    ({ state, drifts: causes }) => state === 'drifting' && causes.some(({ cause }) => cause === 'world'),
  );
}

function text<Name extends string>(name: Name, value: string | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
}

function number<Name extends string>(name: Name, value: number | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: number };
}

function megabytes<Name extends string>(name: Name, bytes: number | undefined) {
  return (bytes === undefined ? {} : { [name]: Math.round(bytes / MB) }) as { [Key in Name]?: number };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
