import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import * as z from 'zod';
import { isPlainObject } from '../../recipe/recipe.ts';
import { listOf } from './policy.ts';
import type { Policy } from './policy.ts';
import { INTRINSIC_TAGS, Template } from './template.ts';

/** A policy of a device, and where it stands. */
export interface DevicePolicy {
  readonly by: 'role' | 'certificate';
  readonly file: string;
  /** Name of the resource in a template; empty for a document that is the policy itself. */
  readonly name: string;
  readonly policy: Policy;
  /** Statements that lint does not read: `NotAction`, `NotResource`, values that only CloudFormation knows. */
  readonly unread: readonly string[];
}

const DEVICE_SERVICE = 'credentials.iot.amazonaws.com';

/** Whether a file is a CloudFormation template or a policy document. Files that cannot be read are neither. */
export async function isAccountFile(file: string): Promise<boolean> {
  const document = await read(file).catch(() => undefined);
  return isPlainObject(document) && (isPlainObject(document['Resources']) || 'Statement' in document);
}

/**
 * The policies of devices in a template – of every role that devices may take, and every AWS IoT policy – or the one policy that a document is:
 * one with actions of AWS IoT or Greengrass is for certificates, any other for the role.
 */
export async function readDevicePolicies(file: string): Promise<readonly DevicePolicy[]> {
  const document = await read(file);
  if (!isPlainObject(document)) return [];
  if ('Statement' in document) {
    const { policy, unread } = policyOf(document);
    const actions = policy.Statement.flatMap(({ Action }) => listOf(Action));
    const isIot = actions.some((action) => /^(iot|greengrass):/i.test(action));
    return [{ by: isIot ? 'certificate' : 'role', file, name: '', policy, unread }];
  }
  const template = new Template(await readFile(file, 'utf8'), 'stack');
  return Object.entries(template.resources).flatMap(([name, { Type, Properties }]): readonly DevicePolicy[] => {
    if (Type === 'AWS::IoT::Policy')
      return [{ by: 'certificate', file, name, ...policyOf(Properties['PolicyDocument']) }];
    const isDevices = JSON.stringify(Properties?.['AssumeRolePolicyDocument'] ?? '').includes(DEVICE_SERVICE);
    if (Type !== 'AWS::IAM::Role' || !isDevices) return [];
    return [{ by: 'role', file, name, ...policyOf(template.policyOf(name)) }];
  });
}

async function read(file: string): Promise<unknown> {
  return parse(await readFile(file, 'utf8'), { customTags: INTRINSIC_TAGS });
}

const texts = z.union([z.string(), z.array(z.string())]);
const statementSchema = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: texts,
  Resource: texts,
  Condition: z.looseObject({}).optional(),
});

function policyOf(document: unknown): Pick<DevicePolicy, 'policy' | 'unread'> {
  const given = isPlainObject(document) ? document['Statement'] : undefined;
  const statements = Array.isArray(given) ? (given as readonly unknown[]) : given === undefined ? [] : [given];
  const parsed = statements.map((one) => statementSchema.safeParse(one));
  const unread = parsed.flatMap(({ success }, index) =>
    success ? [] : [JSON.stringify(statements[index]).slice(0, MAX_SHOWN)],
  );
  const read = parsed.flatMap(({ data }) => (data ? [data as Policy['Statement'][number]] : []));
  return { policy: { Version: '2012-10-17', Statement: read }, unread };
}

const MAX_SHOWN = 120;
