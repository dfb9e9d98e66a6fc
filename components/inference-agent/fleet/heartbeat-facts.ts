import { randomUUID } from 'node:crypto';
import type {
  DeploymentResult,
  HeartbeatDevice,
  HeartbeatMessage,
  HeartbeatMetric,
  HeartbeatModel,
} from '#packages/heartbeat';
import type { ServiceDrift } from '#packages/http';
import type { ChallengerNews } from '../challenger/challengers.ts';
import { AGENT_VERSION } from './agent-version.ts';
import type { Life } from './life-record.ts';
import type { ModelUsage } from './model-usage.ts';

export interface AgentFacts {
  readonly deviceName: string;
  readonly fleet: string;
  readonly thing: string;
  readonly now: number;
  readonly periodSeconds: number;
  readonly life: Life;
  readonly uptimeSeconds: number;
  /** Of one core, since the last heartbeat. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly device: HeartbeatDevice;
  readonly models: readonly ModelFacts[];
  readonly lastChange: DeploymentResult | undefined;
}

export interface ModelFacts {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
  readonly provider: string;
  readonly variant: string;
  readonly golden: NonNullable<HeartbeatModel['Golden']>;
  /** Code of the reason for which the configuration would refuse the model at the next start. */
  readonly refusal?: string;
  readonly drifts: readonly ServiceDrift[];
  readonly challenger?: ChallengerNews;
  /** Of its processes. */
  readonly memoryBytes?: number;
  readonly usage: ModelUsage;
}

/** A heartbeat of what is known of the agent and its models. */
export function heartbeatOf(facts: AgentFacts): HeartbeatMessage {
  return {
    HeartbeatId: randomUUID(),
    Part: 1,
    Parts: 1,
    Timestamp: seconds(facts.now),
    PeriodSeconds: facts.periodSeconds,
    AgentVersion: AGENT_VERSION,
    DeviceName: facts.deviceName,
    DeviceFleetName: facts.fleet,
    ThingName: facts.thing,
    Device: facts.device,
    AgentMetrics: [
      metric('Starts', 'Total', facts.life.starts),
      metric('Crashes', 'Total', facts.life.crashes),
      metric('Uptime', 'Seconds', Math.round(facts.uptimeSeconds)),
      metric('Cpu', 'Percent', rounded(facts.cpuPercent)),
      metric('Memory', 'Bytes', facts.memoryBytes),
    ],
    Models: facts.models.map(modelOf),
    ...(facts.lastChange ? { DeploymentResult: facts.lastChange } : {}),
  };
}

function modelOf({
  alias,
  name,
  version,
  provider,
  variant,
  golden,
  refusal,
  drifts,
  challenger,
  memoryBytes,
  usage,
}: ModelFacts): HeartbeatModel {
  const { latestInference, latestSample, meanLatencyMs, p95LatencyMs } = usage;
  return {
    ModelHandle: alias,
    ModelName: name,
    ModelVersion: version,
    ...(latestSample === undefined ? {} : { LatestSampleTime: seconds(latestSample) }),
    ...(latestInference === undefined ? {} : { LatestInference: seconds(latestInference) }),
    ModelMetrics: [
      metric('Inferences', 'Count', usage.inferences),
      metric('Failures', 'Count', usage.failures),
      ...(meanLatencyMs === undefined ? [] : [metric('InferenceLatencyMs', 'Mean', rounded(meanLatencyMs))]),
      ...(p95LatencyMs === undefined ? [] : [metric('InferenceLatencyMs', 'P95', rounded(p95LatencyMs))]),
      ...(memoryBytes === undefined ? [] : [metric('Memory', 'Bytes', memoryBytes)]),
    ],
    Provider: provider,
    Variant: variant,
    Golden: golden,
    ...(refusal === undefined ? {} : { Refusal: refusal }),
    ...(drifts.length === 0 ? {} : { Drift: drifts.slice(0, MAX_SERVICES).map(driftOf) }),
    ...(challenger ? { Challenger: challengerOf(challenger) } : {}),
  };
}

function challengerOf(news: ChallengerNews): NonNullable<HeartbeatModel['Challenger']> {
  const { identity, frames, agreed, failed, latency, memoryBytes } = news;
  return {
    ModelName: identity.name,
    ModelVersion: identity.version,
    Frames: frames,
    Agreed: agreed,
    Failed: failed,
    ...(latency ? { P95Ms: rounded(latency.challenger.p95Ms), ChampionP95Ms: rounded(latency.champion.p95Ms) } : {}),
    ...(memoryBytes === undefined ? {} : { MemoryBytes: memoryBytes }),
  };
}

/** Services of a model that its part of a heartbeat tells of. */
const MAX_SERVICES = 8;

function driftOf({
  service,
  state,
  images,
  weakBaseline,
  drifts,
  findings,
}: ServiceDrift): NonNullable<HeartbeatModel['Drift']>[number] {
  const [nearest] = findings;
  return {
    Service: service,
    State: STATES[state],
    Images: images,
    WeakBaseline: weakBaseline,
    Causes: drifts.map(({ cause, reason }) => ({ Cause: CAUSES[cause], Reason: reason })),
    ...(nearest
      ? {
          Nearest: {
            Feature: nearest.feature,
            Measure: nearest.measure,
            Ratio: rounded(nearest.value / nearest.threshold),
          },
        }
      : {}),
  };
}

const STATES = { learning: 'LEARNING', steady: 'STEADY', drifting: 'DRIFTING' } as const;
const CAUSES = { camera: 'CAMERA', world: 'WORLD' } as const;

function metric(MetricName: string, Dimension: string, Value: number): HeartbeatMetric {
  return { Dimension, MetricName, Value };
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000);
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
