import { presenceOf } from '#packages/heartbeat';
import type { HeartbeatModel } from '#packages/heartbeat';
import type { DeviceStatus } from '../deployments/device-status.ts';
import { isFailure } from '../deployments/device-status.ts';
import type { ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';
import type { DeviceNumbers, ModelNumbers, Observations } from './observations.ts';
import { isChampion, judgeAgreement, judgeChallenger } from './judge-challenger.ts';
import { memoryFault } from './memory-fault.ts';
import type { GateSettings } from './promotion-plan.ts';

export interface DeviceFinding {
  readonly thing: string;
  /** `offline`: takes the deployment when it comes back, and does not count. `waiting`: not known yet. */
  readonly verdict: 'healthy' | 'unhealthy' | 'waiting' | 'offline';
  readonly reason?: string;
}

/** Facts by which a stage is judged, besides the states of its deployment. */
export interface StageFacts {
  readonly heartbeats: ReadonlyMap<string, ReceivedHeartbeat>;
  /** Numbers of the heartbeats so far; those of this look are added. Default: nothing yet. */
  readonly observations?: Observations;
  /** Numbers of the devices before the deployment. Default: nothing, so that nothing is compared. */
  readonly before?: Readonly<Record<string, DeviceNumbers>>;
  readonly settings: GateSettings;
  /** Heartbeats that came before the deployment say nothing about it. Milliseconds since the epoch, like `now`. */
  readonly deployedAt: number;
  readonly now: number;
}

type ModelSettings = GateSettings['models'][number];

const MB = 1_000_000;

/** One device by its deployment and its heartbeats since. */
export function judgeDevice(device: DeviceStatus, input: Required<StageFacts>): DeviceFinding {
  const { heartbeats, settings, deployedAt, now, observations, before } = input;
  const { thing } = device;
  const received = heartbeats.get(thing);
  if (isFailure(device)) {
    const { component = '', reason = device.status } = device.failure ?? {};
    return { thing, verdict: 'unhealthy', reason: `deployment ${device.status}: ${component} ${reason}`.trim() };
  }
  const waiting = (reason: string): DeviceFinding => ({ thing, verdict: 'waiting', reason });
  if (device.status === 'PENDING') return waiting('the rollout has not reached it');
  const presence = received && presenceOf(received.heartbeat, received.receivedAt, now);
  if (device.status !== 'SUCCEEDED') {
    const verdict = presence?.connected || device.status === 'IN_PROGRESS' ? 'waiting' : 'offline';
    return { thing, verdict, reason: `deployment ${device.status}` };
  }
  // One that came before the device was done may still tell of the version before.
  const since = Math.max(deployedAt, device.updatedAt ?? 0);
  if (!received || received.receivedAt < since) return waiting('no heartbeat since');
  if (!presence?.connected) return { thing, verdict: 'offline', reason: 'heartbeats stopped' };
  const seen = observations.add(thing, received);
  const fault = agentFault(seen, before[thing], settings);
  if (fault !== undefined) return { thing, verdict: 'unhealthy', reason: fault };
  for (const wanted of settings.models) {
    const finding = wanted.role === 'challenger' ? judgeChallenger(seen, wanted, settings) : undefined;
    if (finding) return { thing, ...finding, reason: `${wanted.name}: ${finding.reason}` };
    if (wanted.role === 'challenger') continue;
    const model = received.heartbeat.Models.find(({ ModelName }) => ModelName === wanted.name);
    const numbers = seen.models[wanted.name];
    const isActive = presence.models.some(({ modelName, active }) => modelName === wanted.name && active);
    const found =
      modelFault(model, wanted) ??
      (wanted.active && !isActive
        ? undefined
        : numbersFault(numbers, before[thing]?.models[wanted.name], wanted, settings));
    if (found !== undefined) return { thing, verdict: 'unhealthy', reason: `${wanted.name}: ${found}` };
    if (wanted.active && !isActive) return waiting(`${wanted.name}: no request answered yet`);
    const requests = requestsOf(numbers);
    if (wanted.active && requests < settings.minRequests)
      return waiting(`${wanted.name}: ${requests} of ${settings.minRequests} requests seen`);
    const beside = seen.challengers?.find((one) => isChampion(one, wanted));
    const agreement = wanted.agreement && judgeAgreement(beside, wanted.agreement);
    if (agreement) return { thing, ...agreement, reason: `${wanted.name}: ${agreement.reason}` };
  }
  const baked = received.receivedAt - since;
  if (baked < settings.bakeMinutes * 60_000)
    return waiting(`healthy for ${Math.floor(baked / 60_000)} of ${settings.bakeMinutes} minutes`);
  return { thing, verdict: 'healthy' };
}

function modelFault(model: HeartbeatModel | undefined, wanted: ModelSettings): string | undefined {
  if (!model) return 'is not loaded';
  if (model.ModelVersion !== wanted.version)
    return `version ${model.ModelVersion} serves, ${wanted.version} was deployed`;
  if (wanted.golden === 'PASSED' && model.Golden !== 'PASSED') return `golden test: ${model.Golden ?? 'not reported'}`;
  if (wanted.provider !== undefined && model.Provider !== wanted.provider)
    return `runs on ${model.Provider ?? 'an unknown provider'}, ${wanted.provider} was requested`;
  return undefined;
}

/** The agent's process: one restart belongs to a deployment that changes it. */
function agentFault(now: DeviceNumbers, was: DeviceNumbers | undefined, settings: GateSettings): string | undefined {
  const { maxCrashes, maxRestarts, maxMemoryMb, maxMemoryGrowthPercent, maxCpuPercent } = settings;
  const crashes = more(now.crashes, was?.crashes);
  if (crashes > maxCrashes) return `the agent crashed ${times(crashes)} since, at most ${maxCrashes} allowed`;
  const restarts = more(now.starts, was?.starts);
  if (restarts > maxRestarts) return `the agent started ${times(restarts)} since, at most ${maxRestarts} allowed`;
  const { memoryBytes, cpuPercent } = now;
  if (memoryBytes !== undefined && maxMemoryMb !== undefined && memoryBytes > maxMemoryMb * MB)
    return `the agent takes ${megabytes(memoryBytes)}, at most ${maxMemoryMb} MB allowed`;
  if (memoryBytes !== undefined && grew(memoryBytes, was?.memoryBytes, maxMemoryGrowthPercent))
    return `the agent takes ${megabytes(memoryBytes)}, ${megabytes(was?.memoryBytes ?? 0)} before; ${maxMemoryGrowthPercent} % more are allowed`;
  if (cpuPercent !== undefined && maxCpuPercent !== undefined && cpuPercent > maxCpuPercent)
    return `the agent takes ${cpuPercent} % of a core, at most ${maxCpuPercent} % allowed`;
  return undefined;
}

/** Failures and latency: judged once there are enough requests, and a failing model at once. */
function numbersFault(
  now: ModelNumbers | undefined,
  was: ModelNumbers | undefined,
  { maxP95Ms, maxMemoryMb, active }: ModelSettings,
  settings: GateSettings,
): string | undefined {
  if (!now) return undefined;
  const { minRequests, maxFailurePercent, maxP95GrowthPercent, maxMemoryGrowthPercent, drift } = settings;
  const requests = requestsOf(now);
  const failed = requests > 0 ? (100 * now.failures) / requests : 0;
  if (requests >= minRequests && failed > maxFailurePercent)
    return `${now.failures} of ${requests} requests failed, at most ${maxFailurePercent} % may`;
  const { p95Ms } = now;
  const memory = memoryFault(now.memoryBytes, was?.memoryBytes, 'before', { maxMemoryMb, maxMemoryGrowthPercent });
  if (memory !== undefined) return memory;
  const drifts = driftFault(now, was, drift);
  if (drifts !== undefined) return drifts;
  if (maxP95Ms !== undefined && p95Ms === undefined && active) return 'reports no latency';
  if (p95Ms === undefined) return undefined;
  if (maxP95Ms !== undefined && p95Ms > maxP95Ms) return `p95 is ${p95Ms} ms, at most ${maxP95Ms} ms allowed`;
  const isComparable = requests >= minRequests && requestsOf(was) >= minRequests;
  if (isComparable && grew(p95Ms, was?.p95Ms, maxP95GrowthPercent))
    return `p95 is ${p95Ms} ms, ${was?.p95Ms} ms before; ${maxP95GrowthPercent} % more are allowed`;
  return undefined;
}

/** A service that drifted under the version before says nothing about this one. */
function driftFault(
  { drifting = [] }: ModelNumbers,
  was: ModelNumbers | undefined,
  which: GateSettings['drift'],
): string | undefined {
  if (which === 'off') return undefined;
  const known = which === 'new' ? (was?.drifting ?? []).map(({ service }) => service) : [];
  const found = drifting.find(({ service }) => !known.includes(service));
  if (!found) return undefined;
  const { service, reason, images, feature, ratio } = found;
  const measured = feature === undefined ? '' : `: ${feature} is ${ratio} times its threshold`;
  const before = which === 'new' ? ', and did not before' : '';
  return `${service} drifts (${reason}) over ${images} pictures${measured}${before}`;
}

function requestsOf(numbers: ModelNumbers | undefined): number {
  return (numbers?.inferences ?? 0) + (numbers?.failures ?? 0);
}

/** A device that reported nothing before has nothing to compare with. */
function more(now: number | undefined, was: number | undefined): number {
  return now === undefined || was === undefined ? 0 : now - was;
}

function grew(now: number, was: number | undefined, maxPercent: number): boolean {
  return was !== undefined && was > 0 && now > was * (1 + maxPercent / 100);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / MB)} MB`;
}
