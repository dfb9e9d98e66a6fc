import { presenceOf } from '#packages/heartbeat';
import type { HeartbeatModel } from '#packages/heartbeat';

import type { DeviceStatus } from '../deployments/device-status.ts';
import { isFailure } from '../deployments/device-status.ts';
import type { ReceivedHeartbeat } from '../fleet/heartbeat-store.ts';
import type { GateSettings } from './promotion-plan.ts';

/** What the heartbeat of a device has to say, metric and dimension, for the bound on latency. */
const LATENCY = { MetricName: 'InferenceLatencyMs', Dimension: 'P95' } as const;

export interface GateInput {
  readonly devices: readonly DeviceStatus[];
  readonly heartbeats: ReadonlyMap<string, ReceivedHeartbeat>;
  readonly settings: GateSettings;
  /** Heartbeats that came before the deployment say nothing about it. Milliseconds since the epoch, like `now`. */
  readonly deployedAt: number;
  readonly now: number;
}

interface DeviceFinding {
  readonly thing: string;
  /** `offline`: takes the deployment when it comes back, and does not count. `waiting`: not known yet. */
  readonly verdict: 'healthy' | 'unhealthy' | 'waiting' | 'offline';
  readonly reason?: string;
}

export interface GateReport {
  readonly verdict: 'passed' | 'failed' | 'waiting';
  readonly healthy: number;
  readonly unhealthy: number;
  readonly waiting: number;
  readonly offline: number;
  readonly reason: string;
  /** Devices that are not healthy. */
  readonly findings: readonly DeviceFinding[];
}

/** Judges a stage by what its devices report, not by what the deployment service believes of them. */
export function judgeStage(input: GateInput): GateReport {
  const { settings } = input;
  const all = input.devices.map((device) => judgeDevice(device, input));
  const count = (verdict: DeviceFinding['verdict']): number => all.filter((one) => one.verdict === verdict).length;
  const [healthy, unhealthy, waiting, offline] = [
    count('healthy'),
    count('unhealthy'),
    count('waiting'),
    count('offline'),
  ];
  const reachable = healthy + unhealthy + waiting;
  const needed = Math.max(settings.minDevices, Math.ceil((settings.quorumPercent / 100) * reachable));
  const counts = { healthy, unhealthy, waiting, offline, findings: all.filter((one) => one.verdict !== 'healthy') };
  // Counting on: could the devices that are still waiting make up for those that are not healthy?
  if (unhealthy > 0 && healthy + waiting < needed) {
    const reason = `${unhealthy} of ${reachable} devices are not healthy; ${settings.quorumPercent} % must be`;
    return { verdict: 'failed', reason, ...counts };
  }
  if (healthy >= needed)
    return { verdict: 'passed', reason: `${healthy} of ${reachable} devices are healthy`, ...counts };
  return {
    verdict: 'waiting',
    reason: `${healthy} of ${needed} devices that are needed are healthy so far`,
    ...counts,
  };
}

function judgeDevice(device: DeviceStatus, { heartbeats, settings, deployedAt, now }: GateInput): DeviceFinding {
  const { thing } = device;
  const received = heartbeats.get(thing);
  if (isFailure(device)) {
    const { component = '', reason = device.status } = device.failure ?? {};
    return { thing, verdict: 'unhealthy', reason: `deployment ${device.status}: ${component} ${reason}`.trim() };
  }
  const presence = received && presenceOf(received.heartbeat, received.receivedAt, now);
  if (device.status !== 'SUCCEEDED') {
    const verdict = presence?.connected || device.status === 'IN_PROGRESS' ? 'waiting' : 'offline';
    return { thing, verdict, reason: `deployment ${device.status}` };
  }
  // One that came before the device was done may still tell of the version before.
  const since = Math.max(deployedAt, device.updatedAt ?? 0);
  if (!received || received.receivedAt < since) return { thing, verdict: 'waiting', reason: 'no heartbeat since' };
  if (!presence?.connected) return { thing, verdict: 'offline', reason: 'heartbeats stopped' };
  for (const wanted of settings.models) {
    const model = received.heartbeat.Models.find(({ ModelName }) => ModelName === wanted.name);
    const fault = modelFault(model, wanted);
    if (fault !== undefined) return { thing, verdict: 'unhealthy', reason: `${wanted.name}: ${fault}` };
    const isActive = presence.models.some(({ modelName, active }) => modelName === wanted.name && active);
    if (wanted.active && !isActive)
      return { thing, verdict: 'waiting', reason: `${wanted.name}: no request answered yet` };
    const slow = model && latencyFault(model, wanted);
    if (slow !== undefined) return { thing, verdict: 'unhealthy', reason: `${wanted.name}: ${slow}` };
  }
  return { thing, verdict: 'healthy' };
}

function modelFault(model: HeartbeatModel | undefined, wanted: GateSettings['models'][number]): string | undefined {
  if (!model) return 'is not loaded';
  if (model.ModelVersion !== wanted.version)
    return `version ${model.ModelVersion} serves, ${wanted.version} was deployed`;
  if (wanted.golden === 'PASSED' && model.Golden !== 'PASSED') return `golden test: ${model.Golden ?? 'not reported'}`;
  if (wanted.provider !== undefined && model.Provider !== wanted.provider)
    return `runs on ${model.Provider ?? 'an unknown provider'}, ${wanted.provider} was requested`;
  return undefined;
}

function latencyFault(model: HeartbeatModel, { maxP95Ms, active }: GateSettings['models'][number]): string | undefined {
  if (maxP95Ms === undefined) return undefined;
  const p95 = model.ModelMetrics.find(
    ({ MetricName, Dimension }) => MetricName === LATENCY.MetricName && Dimension === LATENCY.Dimension,
  )?.Value;
  if (p95 === undefined) return active ? 'reports no latency' : undefined;
  return p95 > maxP95Ms ? `p95 is ${p95} ms, at most ${maxP95Ms} ms allowed` : undefined;
}
