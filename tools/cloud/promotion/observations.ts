import type { HeartbeatMessage, HeartbeatMetric } from '#packages/heartbeat';
import type { ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';

/** Numbers from the heartbeats of one device. Counts are sums over all heartbeats that were seen; the rest is from the last. */
export interface DeviceNumbers {
  readonly starts?: number;
  readonly crashes?: number;
  readonly memoryBytes?: number;
  readonly cpuPercent?: number;
  /** By name of the model. */
  readonly models: Readonly<Record<string, ModelNumbers>>;
  /** Models that are compared with those that serve. Absent: none is. */
  readonly challengers?: readonly ChallengerNumbers[];
}

/** A challenger beside the model that serves the same alias. */
export interface ChallengerNumbers {
  readonly alias: string;
  /** Name and version of each. */
  readonly name: string;
  readonly version: string;
  readonly championName: string;
  readonly championVersion: string;
  /** Pictures that both have answered, those on which they found the same, and those that the challenger failed on. */
  readonly frames: number;
  readonly agreed: number;
  readonly failed: number;
  readonly p95Ms?: number;
  readonly championP95Ms?: number;
  readonly memoryBytes?: number;
  readonly championMemoryBytes?: number;
}

export interface ModelNumbers {
  readonly version: string;
  /** Requests that were answered, and those that failed. */
  readonly inferences: number;
  readonly failures: number;
  /** The worst 95th percentile of any heartbeat. */
  readonly p95Ms?: number;
  /** Of its processes. */
  readonly memoryBytes?: number;
  /** Services that the world has changed for, beside the baseline of the model. Absent: none. */
  readonly drifting?: readonly DriftingService[];
}

interface DriftingService {
  readonly service: string;
  /** In a word, e.g. `classes`. */
  readonly reason: string;
  /** Pictures in the window. */
  readonly images: number;
  /** The feature that is farthest over its threshold, and how many times that it is. */
  readonly feature?: string;
  readonly ratio?: number;
}

/** The numbers of one heartbeat: what a stage's devices said before a deployment. */
export function numbersOf({ AgentMetrics, Models }: HeartbeatMessage): DeviceNumbers {
  const agent = {
    starts: valueOf(AgentMetrics, 'Starts', 'Total'),
    crashes: valueOf(AgentMetrics, 'Crashes', 'Total'),
    memoryBytes: valueOf(AgentMetrics, 'Memory', 'Bytes'),
    cpuPercent: valueOf(AgentMetrics, 'Cpu', 'Percent'),
  };
  const models = Models.map(({ ModelName, ModelVersion, ModelMetrics, Drift = [] }) => {
    const p95Ms = valueOf(ModelMetrics, 'InferenceLatencyMs', 'P95');
    const counts = {
      inferences: valueOf(ModelMetrics, 'Inferences', 'Count') ?? 0,
      failures: valueOf(ModelMetrics, 'Failures', 'Count') ?? 0,
    };
    const more = present({ p95Ms, memoryBytes: valueOf(ModelMetrics, 'Memory', 'Bytes') });
    const drifting = Drift.flatMap(driftingService);
    const drifts = drifting.length > 0 ? { drifting } : {};
    return [ModelName, { version: ModelVersion, ...counts, ...more, ...drifts }] as const;
  });
  const challengers = Models.flatMap(challengersOf);
  const compared = challengers.length > 0 ? { challengers } : {};
  return { ...present(agent), models: Object.fromEntries(models), ...compared };
}

type Drift = NonNullable<HeartbeatMessage['Models'][number]['Drift']>[number];

function driftingService({
  Service: service,
  State,
  Images: images,
  Causes,
  Nearest,
}: Drift): readonly DriftingService[] {
  const world = Causes.find(({ Cause }) => Cause === 'WORLD');
  if (State !== 'DRIFTING' || !world) return [];
  return [
    { service, reason: world.Reason, images, ...(Nearest ? { feature: Nearest.Feature, ratio: Nearest.Ratio } : {}) },
  ];
}

function challengersOf(model: HeartbeatMessage['Models'][number]): readonly ChallengerNumbers[] {
  const { ModelHandle: alias, ModelName, ModelVersion, ModelMetrics, Challenger: found } = model;
  if (!found) return [];
  const { ModelName: name, ModelVersion: version, Frames: frames, Agreed: agreed, Failed: failed } = found;
  const more = present({
    p95Ms: found.P95Ms,
    championP95Ms: found.ChampionP95Ms,
    memoryBytes: found.MemoryBytes,
    championMemoryBytes: valueOf(ModelMetrics, 'Memory', 'Bytes'),
  });
  const champion = { championName: ModelName, championVersion: ModelVersion };
  return [{ alias, name, version, ...champion, frames, agreed, failed, ...more }];
}

/** Observations of a watched deployment, so that another run can continue from them. */
export interface SeenNumbers {
  readonly schemaVersion: 1;
  readonly deploymentId: string;
  /** By thing; `last` is the id of the last heartbeat that is counted in. */
  readonly devices: Readonly<Record<string, { readonly last: string; readonly numbers: DeviceNumbers }>>;
}

/**
 * Adds up what the heartbeats of a stage say since each device was done with the deployment. A heartbeat counts once, however often
 * it is looked at, and also after another run of the command went on from `seen`.
 */
export class Observations {
  readonly #devices: Map<string, { readonly last: string; readonly numbers: DeviceNumbers }>;
  #isChanged = false;

  constructor(seen?: Pick<SeenNumbers, 'devices'>) {
    this.#devices = new Map(Object.entries(seen?.devices ?? {}));
  }

  add(thing: string, { heartbeat }: ReceivedHeartbeat): DeviceNumbers {
    const known = this.#devices.get(thing);
    if (known?.last === heartbeat.HeartbeatId) return known.numbers;
    const now = numbersOf(heartbeat);
    const numbers = known ? joined(known.numbers, now) : now;
    this.#devices.set(thing, { last: heartbeat.HeartbeatId, numbers });
    this.#isChanged = true;
    return numbers;
  }

  get(thing: string): DeviceNumbers | undefined {
    return this.#devices.get(thing)?.numbers;
  }

  /** Everything so far, if something came since the last time that this was asked. */
  takeChanged(deploymentId: string): SeenNumbers | undefined {
    if (!this.#isChanged) return undefined;
    this.#isChanged = false;
    return { schemaVersion: 1, deploymentId, devices: Object.fromEntries(this.#devices) };
  }
}

function joined(before: DeviceNumbers, now: DeviceNumbers): DeviceNumbers {
  const models = Object.entries(now.models).map(([name, model]) => {
    const earlier = before.models[name];
    if (earlier?.version !== model.version) return [name, model] as const;
    const worst = [earlier.p95Ms, model.p95Ms].filter((value) => value !== undefined);
    return [
      name,
      {
        ...model,
        inferences: earlier.inferences + model.inferences,
        failures: earlier.failures + model.failures,
        ...(worst.length > 0 ? { p95Ms: Math.max(...worst) } : {}),
      },
    ] as const;
  });
  const challengers = now.challengers?.map((one) => joinedChallenger(before.challengers ?? [], one));
  return { ...now, models: Object.fromEntries(models), ...(challengers ? { challengers } : {}) };
}

/** Counts of the same two models are added up; latency and memory are the last ones. */
function joinedChallenger(before: readonly ChallengerNumbers[], now: ChallengerNumbers): ChallengerNumbers {
  const { alias, version, championVersion } = now;
  const earlier = before.find(
    (one) => one.alias === alias && one.version === version && one.championVersion === championVersion,
  );
  if (!earlier) return now;
  return {
    ...now,
    frames: earlier.frames + now.frames,
    agreed: earlier.agreed + now.agreed,
    failed: earlier.failed + now.failed,
  };
}

function valueOf(metrics: readonly HeartbeatMetric[], name: string, dimension: string): number | undefined {
  return metrics.find(({ MetricName, Dimension }) => MetricName === name && Dimension === dimension)?.Value;
}

/** Without the numbers that nobody knows. */
export function present<Values extends Readonly<Record<string, number | undefined>>>(values: Values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Values]?: number;
  };
}
