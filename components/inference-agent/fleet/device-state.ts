import { roundedDown, servesOf } from '#packages/heartbeat';
import type { DeviceState, HeartbeatDevice, ModelState } from '#packages/heartbeat';
import type { ServiceDrift } from '#packages/http';
import { AGENT_VERSION } from './agent-version.ts';
import type { ModelLife } from './model-life.ts';
import type { ModelUsage } from './model-usage.ts';

export interface StateFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The state as it was last told. */
  readonly said: DeviceState | undefined;
  readonly crashes: number;
  readonly device: HeartbeatDevice;
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
}

const HOUR_MS = 3_600_000;
const MB = 1_000_000;
const FAILING_PERCENT = 20;

/** The state of a device, as its shadow tells it. */
export function deviceStateOf({ now, said, crashes, device, models }: StateFacts): DeviceState {
  const crashedAt = crashes > (said?.crashes ?? crashes) ? seconds(now) : said?.crashedAt;
  const isRecent = (time: number | undefined): boolean => time !== undefined && now - time <= HOUR_MS;
  const entries = models.map((model) => [keyOf(model, models), modelStateOf(model, now, said)] as const);
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
    ...(crashedAt === undefined ? {} : { crashedAt }),
    crashes,
    models: Object.fromEntries(entries),
  };
}

/** Queries ask for a model by its name; the second alias of a model has its alias behind it. */
function keyOf({ name, alias }: StateModelFacts, models: readonly StateModelFacts[]): string {
  const isFirst = models.find((model) => model.name === name)?.alias === alias;
  return isFirst ? name : `${name}:${alias}`;
}

function modelStateOf(model: StateModelFacts, now: number, said: DeviceState | undefined): ModelState {
  const { alias, version, provider, golden, life, memoryBytes } = model;
  const before = Object.values(said?.models ?? {}).find((one) => one.alias === alias && one.version === version);
  // The memory of a model is told once it has answered: before, it is still growing.
  const memory = life.requests > 0 ? memoryBytes : undefined;
  return {
    alias,
    version,
    provider,
    golden,
    since: before?.since ?? seconds(life.since),
    requests: roundedDown(life.requests),
    failurePercent: life.failurePercent,
    ...(life.p95Ms === undefined ? {} : { p95Ms: Math.round(life.p95Ms * 10) / 10 }),
    ...megabytes('memoryMb', memory),
    ...(isDrifting(model) ? { driftSince: before?.driftSince ?? seconds(now) } : {}),
  };
}

function worstOf(models: readonly StateModelFacts[]): DeviceState['state'] {
  if (models.some(({ life }) => life.failurePercent >= FAILING_PERCENT)) return 'FAILING';
  if (models.some(isDrifting)) return 'DRIFTING';
  return models.some(({ isRefused }) => isRefused) ? 'REFUSED' : 'OK';
}

/** A changed camera is no fault of the model. */
function isDrifting({ drifts }: StateModelFacts): boolean {
  return drifts.some(
    ({ state, drifts: causes }) => state === 'drifting' && causes.some(({ cause }) => cause === 'world'),
  );
}

function text<Name extends string>(name: Name, value: string | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
}

function megabytes<Name extends string>(name: Name, bytes: number | undefined) {
  return (bytes === undefined ? {} : { [name]: Math.round(bytes / MB) }) as { [Key in Name]?: number };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}
