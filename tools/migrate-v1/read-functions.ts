import * as z from 'zod';
import { migrationErrors } from './errors.ts';

/** A Lambda function of a Greengrass V1 group. */
export interface LambdaFunction {
  /** Name without account and version. */
  readonly name: string;
  readonly arn: string;
  readonly version: string;
  /** Long-lived: loaded with the group, and kept. */
  readonly pinned: boolean;
  readonly encoding: 'json' | 'binary';
  readonly timeoutSeconds: number;
  readonly variables: Readonly<Record<string, string>>;
  /** Ids of resources that it was given, e.g. a model. */
  readonly resources: readonly string[];
}

/** One row of the group's table of messages. */
export interface GroupSubscription {
  /** `cloud`, or the ARN of a function, connector or device. */
  readonly source: string;
  readonly subject: string;
  readonly target: string;
}

const functionSchema = z.looseObject({
  FunctionArn: z.string(),
  FunctionConfiguration: z
    .looseObject({
      Pinned: z.boolean().default(false),
      EncodingType: z.enum(['json', 'binary']).default('json'),
      Timeout: z.number().default(3),
      Environment: z
        .looseObject({
          Variables: z.record(z.string(), z.string()).default({}),
          ResourceAccessPolicies: z.array(z.looseObject({ ResourceId: z.string() })).default([]),
        })
        .prefault({}),
    })
    .prefault({}),
});

const subscriptionSchema = z.looseObject({ Source: z.string(), Subject: z.string(), Target: z.string() });

/** Whether it is a definition of functions, and not of connectors. */
export function holdsFunctions(value: unknown): boolean {
  return Array.isArray(definitionOf(value)['Functions']);
}

/** Output of `aws greengrass get-function-definition-version`. @throws EdgeError `migrate.unreadable` */
export function readFunctions(value: unknown): readonly LambdaFunction[] {
  const { Functions } = parsed(z.looseObject({ Functions: z.array(functionSchema) }), definitionOf(value));
  return Functions.map(({ FunctionArn: arn, FunctionConfiguration: configuration }) => {
    const [, name, version = ''] = /:function:([^:]+)(?::([^:]+))?$/.exec(arn) ?? [];
    if (name === undefined) {
      const message = `"${arn}" is not the ARN of a function like arn:aws:lambda:REGION:ACCOUNT:function:NAME:1`;
      throw migrationErrors.error('migrate.unreadable', message);
    }
    const { Pinned: pinned, EncodingType: encoding, Timeout: timeoutSeconds, Environment } = configuration;
    const resources = Environment.ResourceAccessPolicies.map(({ ResourceId: id }) => id);
    return { name, arn, version, pinned, encoding, timeoutSeconds, variables: Environment.Variables, resources };
  });
}

/** Output of `aws greengrass get-subscription-definition-version`. @throws EdgeError `migrate.unreadable` */
export function readSubscriptions(value: unknown): readonly GroupSubscription[] {
  const schema = z.looseObject({ Subscriptions: z.array(subscriptionSchema) });
  return parsed(schema, definitionOf(value)).Subscriptions.map(({ Source, Subject, Target }) => ({
    source: Source,
    subject: Subject,
    target: Target,
  }));
}

/** By itself, or as the API gives and takes it. */
function definitionOf(value: unknown): Readonly<Record<string, unknown>> {
  const outer = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (outer['Definition'] ?? outer['InitialVersion'] ?? outer) as Readonly<Record<string, unknown>>;
}

function parsed<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.map(String).join('/') ?? '';
  throw migrationErrors.error(
    'migrate.unreadable',
    `the definition is another than expected at /${where}: ${issue?.message}`,
  );
}
