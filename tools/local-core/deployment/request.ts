import * as z from 'zod';
import type { LocalDeploymentRequest } from '../ports.ts';
import { issueWords, updateInForm } from '../../recipe/configuration-update.ts';
import { nameProblem, requirementProblem } from '../../recipe/names.ts';
import { coreErrors } from '../errors.ts';

const name = z.string().superRefine((value, context) => report(nameProblem(value), context));
const requirement = z.string().superRefine((value, context) => report(requirementProblem(value), context));

const requestSchema = z.strictObject({
  groupName: z
    .string()
    .regex(/^[^:]*$/, 'may not hold a colon')
    .optional(),
  recipeDirectoryPath: z.string().min(1).optional(),
  artifactsDirectoryPath: z.string().min(1).optional(),
  rootComponentVersionsToAdd: z.record(name, requirement).optional(),
  rootComponentsToRemove: z.array(z.string()).optional(),
  componentToConfiguration: z
    .record(
      name,
      z.preprocess(
        (update) => updateInForm(update, 'local'),
        z.strictObject({ MERGE: z.unknown().optional(), RESET: z.array(z.string()).optional() }),
      ),
    )
    .optional(),
  origin: z.enum(['cloud', 'local']).optional(),
  failureHandlingPolicy: z.enum(['ROLLBACK', 'DO_NOTHING']).optional(),
  componentUpdatePolicy: z
    .strictObject({
      action: z.enum(['NOTIFY_COMPONENTS', 'SKIP_NOTIFY_COMPONENTS']).optional(),
      timeoutInSeconds: z.number().nonnegative().optional(),
    })
    .optional(),
  configurationValidationPolicy: z.strictObject({ timeoutInSeconds: z.number().nonnegative().optional() }).optional(),
});

/** @throws deployment.invalid with every problem */
export function checkRequest(request: unknown): LocalDeploymentRequest {
  const result = requestSchema.safeParse(request);
  if (result.success) return result.data as LocalDeploymentRequest;
  const problems = result.error.issues.map((issue) => {
    const known = issue.path[0] === 'componentToConfiguration' ? ['MERGE', 'RESET'] : Object.keys(requestSchema.shape);
    return `/${issue.path.map(String).join('/')}: ${issueWords(issue, known)}`;
  });
  throw coreErrors.error('deployment.invalid', `the deployment is not valid: ${problems.join('; ')}`, {
    facts: { problems },
  });
}

function report(problem: string | undefined, context: z.RefinementCtx): void {
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}
