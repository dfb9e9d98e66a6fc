import * as z from 'zod';
import { updateInForm } from '../../recipe/configuration-update.ts';

/**
 * The content of a deployment: the input of CreateDeployment (AWS IoT Greengrass V2 API, 2020-11-30) without its target. Ranges are
 * those of the API, and of the quotas of AWS IoT jobs where the API leaves them open.
 */
export type DeploymentSpecification = z.output<typeof deploymentSchema>;
export type ComponentSpecification = z.output<typeof componentSchema>;

const MAX_SECONDS = 2_147_483_647;
/** AWS IoT jobs: an execution may be in progress for seven days. */
const MAX_IN_PROGRESS_MINUTES = 10_080;

const atLeastOne = z.int().min(1);
const seconds = z.int().min(1).max(MAX_SECONDS);

/** The API takes the update as a JSON string; an object, as people write it, becomes one. */
const mergeSchema = z
  .union([z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value)), z.string()])
  .refine((text) => isJsonObject(text), 'must be a JSON object, or a string that holds one');

export const componentSchema = z
  .strictObject({
    componentVersion: z
      .string()
      .regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}(-[\w.]+)?(\+[\w.]+)?$/, 'must be a version such as "1.2.0"'),
    configurationUpdate: z
      .preprocess(
        (update) => updateInForm(update, 'cloud'),
        z.strictObject({ merge: mergeSchema.optional(), reset: z.array(z.string().max(256)).optional() }).optional(),
      )
      .optional(),
    runWith: z
      .strictObject({
        posixUser: z.string().min(1).optional(),
        windowsUser: z.string().min(1).optional(),
        systemResourceLimits: z
          .strictObject({ memory: z.int().min(1).optional(), cpus: z.number().positive().optional() })
          .optional(),
      })
      .optional(),
  })
  .readonly();

export const policiesSchema = z
  .strictObject({
    failureHandlingPolicy: z.enum(['ROLLBACK', 'DO_NOTHING']).optional(),
    componentUpdatePolicy: z
      .strictObject({
        action: z.enum(['NOTIFY_COMPONENTS', 'SKIP_NOTIFY_COMPONENTS']).optional(),
        timeoutInSeconds: seconds.optional(),
      })
      .optional(),
    configurationValidationPolicy: z.strictObject({ timeoutInSeconds: seconds.optional() }).optional(),
  })
  .readonly();

const rateSchema = z.strictObject({
  baseRatePerMinute: z.int().min(1).max(1000),
  incrementFactor: z.number().min(1).max(5),
  rateIncreaseCriteria: z
    .strictObject({ numberOfNotifiedThings: atLeastOne.optional(), numberOfSucceededThings: atLeastOne.optional() })
    .refine(
      ({ numberOfNotifiedThings, numberOfSucceededThings }) =>
        (numberOfNotifiedThings === undefined) !== (numberOfSucceededThings === undefined),
      'give exactly one of numberOfNotifiedThings and numberOfSucceededThings',
    ),
});

export const jobSchema = z
  .strictObject({
    jobExecutionsRolloutConfig: z
      .strictObject({ maximumPerMinute: z.int().min(1).max(1000).optional(), exponentialRate: rateSchema.optional() })
      .optional(),
    abortConfig: z
      .strictObject({
        criteriaList: z
          .array(
            z.strictObject({
              failureType: z.enum(['FAILED', 'REJECTED', 'TIMED_OUT', 'ALL']),
              action: z.literal('CANCEL').default('CANCEL'),
              thresholdPercentage: z.number().gt(0).max(100),
              minNumberOfExecutedThings: atLeastOne,
            }),
          )
          .min(1),
      })
      .optional(),
    timeoutConfig: z
      .strictObject({ inProgressTimeoutInMinutes: z.int().min(1).max(MAX_IN_PROGRESS_MINUTES).optional() })
      .optional(),
  })
  .readonly();

export const deploymentSchema = z.strictObject({
  deploymentName: z.string().min(1).max(256).optional(),
  components: z.record(z.string().regex(/^[\w.-]{1,128}$/, 'must be a component name'), componentSchema).default({}),
  deploymentPolicies: policiesSchema.optional(),
  iotJobConfiguration: jobSchema.optional(),
});

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
