import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import { heartbeatErrors } from './errors.ts';

/**
 * An agent's heartbeat on `edgeml/<thing>/heartbeat` every `PeriodSeconds`. The fields of SendHeartbeat of the Amazon
 * SageMaker Edge Manager API, 2020-09-23, by the same names and in the same units, and some more. Times are seconds since the epoch.
 *
 * A heartbeat with many models comes in several messages under 4 kB: same `HeartbeatId`, `Part` 1 to `Parts`, each with some
 * of the models. See heartbeat-parts.ts.
 */
export type HeartbeatMessage = z.output<typeof heartbeatSchema>;
export type HeartbeatModel = HeartbeatMessage['Models'][number];
export type HeartbeatMetric = HeartbeatMessage['AgentMetrics'][number];
export type HeartbeatDevice = NonNullable<HeartbeatMessage['Device']>;
export type DeploymentResult = NonNullable<HeartbeatMessage['DeploymentResult']>;

const seconds = z.number().nonnegative();

const metricSchema = z.object({
  /** The statistic: `Total`, `Mean`, `P95`, … */
  Dimension: z.string().max(100),
  MetricName: z.string().max(100),
  Value: z.number(),
  /** Left out if it is that of the message. */
  Timestamp: seconds.optional(),
});

const modelSchema = z.object({
  /** Alias under which the model serves. */
  ModelHandle: z.string(),
  ModelName: z.string(),
  ModelVersion: z.string(),
  /** Last capture or sample that was accepted for the model. */
  LatestSampleTime: seconds.optional(),
  LatestInference: seconds.optional(),
  ModelMetrics: z.array(metricSchema).default([]),
  /** Execution provider in use, and file of the variant. */
  Provider: z.string().optional(),
  Variant: z.string().optional(),
  /** `PASSED`: on this device, when it was loaded. `NONE`: the package brings no golden inputs. `OFF`: they were not run. */
  Golden: z.enum(['PASSED', 'NONE', 'OFF']).optional(),
  /** Code of the reason for which the device's configuration would refuse the model at the next start. */
  Refusal: z.string().max(100).optional(),
  /** Services of the model beside its baseline; left out if the package has none. */
  Drift: z
    .array(
      z.object({
        Service: z.string().max(128),
        State: z.enum(['LEARNING', 'STEADY', 'DRIFTING']),
        /** Pictures in the window. */
        Images: z.int().min(0),
        WeakBaseline: z.boolean().default(false),
        /** Pictures that have changed, or what is in them, and how in a word: `dark`, `moved`, `classes`, … */
        Causes: z.array(z.object({ Cause: z.enum(['CAMERA', 'WORLD']), Reason: z.string().max(40) })).default([]),
        /** The feature that is nearest to its threshold, or farthest over it: from a ratio of 1 on it drifts. */
        Nearest: z.object({ Feature: z.string().max(160), Measure: z.string().max(40), Ratio: z.number() }).optional(),
      }),
    )
    .optional(),
  /** The model that runs beside it and is compared with it, if there is one. Counts are of the time since the last heartbeat. */
  Challenger: z
    .object({
      ModelName: z.string(),
      ModelVersion: z.string(),
      /** Pictures that both have answered, those on which both found the same, and those that the challenger failed on. */
      Frames: z.int().min(0),
      Agreed: z.int().min(0),
      Failed: z.int().min(0),
      /** Of the last pictures that both have answered. The challenger runs at the lowest priority. */
      P95Ms: z.number().nonnegative().optional(),
      ChampionP95Ms: z.number().nonnegative().optional(),
      /** Of the challenger's process. */
      MemoryBytes: z.number().nonnegative().optional(),
    })
    .optional(),
});

const deploymentModelSchema = z.object({
  ModelHandle: z.string(),
  ModelName: z.string().optional(),
  ModelVersion: z.string().optional(),
  DesiredState: z.enum(['DEPLOY', 'UNDEPLOY']).optional(),
  State: z.enum(['DEPLOY', 'UNDEPLOY']).optional(),
  Status: z.enum(['SUCCESS', 'FAIL']),
  StatusReason: z.string().optional(),
  RollbackFailureReason: z.string().optional(),
});

/** The device as the agent finds it, so that a version can be held against it before it is deployed. */
const deviceSchema = z.object({
  /** Which nucleus started the agent; `none`: started by hand. */
  Nucleus: z.enum(['java', 'lite', 'none']).optional(),
  /** `process.platform` and `process.arch` of Node.js, e.g. `linux` and `arm64`. */
  Platform: z.string().max(20).optional(),
  Architecture: z.string().max(20).optional(),
  /** Ladder of execution providers that models are tried on. */
  Providers: z.array(z.string().max(20)).max(8).optional(),
  /** Free for this user on the disk of the agent's work folder, on which the nucleus keeps its components, too. */
  DiskFreeBytes: z.number().nonnegative().optional(),
  /** Memory that another process may still take, by the kernel or by the control group of the agent. */
  MemoryAvailableBytes: z.number().nonnegative().optional(),
});

const heartbeatSchema = z.object({
  HeartbeatId: z.string().min(1),
  Part: z.int().min(1).default(1),
  Parts: z.int().min(1).default(1),
  /** By the clock of the device. */
  Timestamp: seconds,
  PeriodSeconds: z.number().positive(),
  AgentVersion: z.string(),
  DeviceName: z.string(),
  DeviceFleetName: z.string(),
  ThingName: z.string(),
  /** Absent in the heartbeats of older agents. In the first part only. */
  Device: deviceSchema.optional(),
  AgentMetrics: z.array(metricSchema).default([]),
  Models: z.array(modelSchema).default([]),
  /** The last change of models on the device, good or bad. */
  DeploymentResult: z
    .object({
      DeploymentName: z.string(),
      DeploymentStatus: z.enum(['SUCCESS', 'FAIL']),
      DeploymentStatusMessage: z.string().optional(),
      DeploymentStartTime: seconds.optional(),
      DeploymentEndTime: seconds.optional(),
      DeploymentModels: z.array(deploymentModelSchema).default([]),
    })
    .optional(),
});

/**
 * Reads one message of a heartbeat. Fields that a newer agent adds are left out.
 *
 * @throws EdgeError `heartbeat.invalid`
 */
export function parseHeartbeat(payload: Uint8Array | string): HeartbeatMessage {
  const text = typeof payload === 'string' ? payload : new TextDecoder().decode(payload);
  const result = heartbeatSchema.safeParse(jsonOf(text));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw heartbeatErrors.error(
    'heartbeat.invalid',
    `the message is not a heartbeat: /${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'unreadable'}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw heartbeatErrors.error('heartbeat.invalid', `the message is not a heartbeat: ${messageOf(cause)}`, { cause });
  }
}
