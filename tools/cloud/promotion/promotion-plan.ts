import * as z from 'zod';
import { canonicalJson, textDigest } from '../digest.ts';
import { componentSchema, jobSchema, policiesSchema } from '../deployments/specification.ts';
import { cloudErrors } from '../errors.ts';

/** The plan of a promotion: its components, its stages, and the conditions between them. People write it, in YAML or JSON. */
export type PromotionPlan = z.output<typeof planSchema>;
export type GateSettings = PromotionPlan['gate'];

const percent = z.number().min(0).max(100);

const gateSchema = z.strictObject({
  /** Models that must be healthy on every device, by the name in their package. */
  models: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        version: z.string().min(1),
        /** The execution provider that must be in use, e.g. `cuda`. Default: any. */
        provider: z.string().optional(),
        maxP95Ms: z.number().positive().optional(),
        /** Of the model's processes, on each device. Default: no bound. */
        maxMemoryMb: z.number().positive().optional(),
        /** `challenger`: it runs beside the model that serves, and is judged by how it compares with that. */
        role: z.enum(['champion', 'challenger']).default('champion'),
        /** How often the model that serves and its challenger must find the same, on each device. Default: nobody looks. */
        agreement: z
          .strictObject({
            minPercent: percent,
            /** So many pictures must both have answered before this is judged. */
            minFrames: z.int().min(1).default(200),
          })
          .optional(),
        /** `PASSED`: golden inputs ran on the device and agreed. `ANY`: a model without golden inputs will do. */
        golden: z.enum(['PASSED', 'ANY']).default('PASSED'),
        /** The model must have answered requests lately. */
        active: z.boolean().default(true),
      }),
    )
    .min(1),
  /** So much of the devices that can be reached must be healthy; when too many are not, the gate fails at once. */
  quorumPercent: percent.default(100),
  /** So many devices must have been judged at all, however many are offline. */
  minDevices: z.int().min(1).default(1),
  /** So much of a stage must be reachable at all: one canary of five that are online says little. */
  minReachablePercent: percent.default(50),
  /** So many requests must each device have answered, or failed, before its failures and latency are judged. */
  minRequests: z.int().min(1).default(20),
  /** Of the requests of a device since the deployment. */
  maxFailurePercent: percent.default(5),
  /** Ends of the agent without a goodbye since the deployment. */
  maxCrashes: z.int().min(0).default(0),
  /** Starts of the agent since the deployment; a deployment that changes the agent is one. */
  maxRestarts: z.int().min(0).default(2),
  /** Of the agent, on each device. Default: no bound. */
  maxMemoryMb: z.number().positive().optional(),
  maxCpuPercent: z.number().positive().optional(),
  /** Above what the same device reported before the deployment; of a challenger, above what the model that serves has. */
  maxMemoryGrowthPercent: z.number().min(0).default(50),
  maxP95GrowthPercent: z.number().min(0).default(50),
  /**
   * Services that see or say something else than the baseline of their model. `new`: one that drifts now and did not before the
   * deployment is not healthy; `any`: nor is one that drifted before; `off`: nobody looks. A camera that changed does not count.
   */
  drift: z.enum(['new', 'any', 'off']).default('new'),
  /** So long must a device have been healthy: heartbeats of that time are all counted. */
  bakeMinutes: z.number().min(0).default(10),
  /** How long a stage may take to reach its quorum. */
  waitMinutes: z.number().positive().default(60),
});

const stageSchema = z.strictObject({
  group: z.string().regex(/^[a-zA-Z0-9:_-]{1,128}$/, 'must be the name of a thing group'),
  /** Of this stage alone. Default: those of the gate. */
  bakeMinutes: gateSchema.shape.bakeMinutes.unwrap().optional(),
  waitMinutes: gateSchema.shape.waitMinutes.unwrap().optional(),
});

const planSchema = z.strictObject({
  name: z.string().regex(/^[\w.:-]{1,100}$/, 'must be a name of letters, digits, dots, colons and hyphens'),
  components: z
    .record(z.string(), componentSchema)
    .refine((components) => Object.keys(components).length > 0, 'must name a component'),
  deploymentPolicies: policiesSchema.default({ failureHandlingPolicy: 'ROLLBACK' }),
  iotJobConfiguration: jobSchema.optional(),
  /** Where heartbeats lie, as `s3://bucket/prefix`. Default: the fleet index of the account is asked. */
  heartbeats: z.string().optional(),
  canary: stageSchema,
  waves: z.array(stageSchema).default([]),
  gate: gateSchema,
  /** Requirements that a device must meet, by its last heartbeat, before the version is tried there. */
  preflight: z
    .strictObject({
      /** `hold`: devices that lack it keep the former version in a group of their own. `stop`: the stage is not begun. `off`: nobody looks. */
      unfit: z.enum(['hold', 'stop', 'off']).default('hold'),
      /** Memory that the models take. Default: estimated from the size of the largest model file. */
      memoryMb: z.number().positive().optional(),
    })
    .prefault({}),
  /** Bounds of the twin test, which runs before anything is published. Default: none. */
  twin: z
    .strictObject({
      maxP95Ms: z.number().positive().optional(),
      maxMemoryMb: z.number().positive().optional(),
      /** On the held-back set, 0 to 1. `acceptance` of model.json may ask for more. */
      minAccuracy: z.number().min(0).max(1).optional(),
    })
    .default({}),
  /** The remedy for a failed stage: the deployment before, or none. Names of Edge Manager's deployment plans. */
  failureHandlingPolicy: z.enum(['ROLLBACK_ON_FAILURE', 'DO_NOTHING']).default('ROLLBACK_ON_FAILURE'),
});

/** @throws EdgeError `promote.invalid-plan` */
export function checkPlan(document: unknown, source: string): PromotionPlan {
  const result = planSchema.safeParse(document);
  const issues = result.success
    ? groupedTwice(result.data)
    : result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
  if (result.success && issues.length === 0) return result.data;
  throw cloudErrors.error('promote.invalid-plan', `${source} is not a plan:\n${issues.join('\n')}`, {
    facts: { issues },
  });
}

/** A group that is a stage twice would be approved by itself. */
function groupedTwice({ canary, waves }: PromotionPlan): readonly string[] {
  const groups = [canary, ...waves].map(({ group }) => group);
  const twice = groups.find((group, index) => groups.indexOf(group) !== index);
  return twice === undefined ? [] : [`/waves: the group ${twice} is there twice`];
}

/** The gate of a stage: that of the plan, with what the stage says of its own. */
export function gateOf({ gate, canary, waves }: PromotionPlan, group: string): GateSettings {
  const { bakeMinutes = gate.bakeMinutes, waitMinutes = gate.waitMinutes } =
    [canary, ...waves].find((stage) => stage.group === group) ?? {};
  return { ...gate, bakeMinutes, waitMinutes };
}

export function planDigest(plan: PromotionPlan): string {
  return textDigest(canonicalJson(plan)).hex;
}
