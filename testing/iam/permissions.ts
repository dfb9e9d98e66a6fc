import { ACCOUNT, REGION } from '../cloud/greengrass.ts';
import { evaluate } from './evaluate.ts';
import type { Policy } from '../../tools/lint/account/policy.ts';
import type { ActionFacts } from './evaluate.ts';

/** A request to AWS, as the stand-in records it. */
export interface AwsRequest {
  /** Name in the scope of the signature. */
  readonly service: string;
  /** For S3 the method and path. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An action on a resource that a request needs. */
export interface Permission {
  readonly action: string;
  readonly resource: string;
}

/**
 * The requests, and the actions that depend on them, that the policy refuses, as `action on resource`; each once, sorted.
 */
export async function refusals(policy: Policy, requests: readonly AwsRequest[]): Promise<readonly string[]> {
  const unsigned = ['sts', 'unsigned'];
  const known = requests.filter(({ service }) => !unsigned.includes(service));
  const { facts } = await evaluate([], [...new Set(known.map(actionOf))]);
  const needed = known.flatMap((request) => permissionsOf(request, facts));
  return refusedOf(policy, needed);
}

/** The same for permissions that are known as such. */
export async function refusedOf(policy: Policy, needed: readonly Permission[]): Promise<readonly string[]> {
  const distinct = [...new Map(needed.map((one) => [`${one.action} on ${one.resource}`, one]))];
  const { allowed } = await evaluate(distinct.map(([, { action, resource }]) => ({ policy, action, resource })));
  return distinct.flatMap(([text], index) => (allowed[index] ? [] : [text])).sort();
}

/** `greengrass:CreateDeployment`; of S3 the actions that its operations need ("Amazon S3 API operations" of its user guide). */
function actionOf({ service, operation }: AwsRequest): string {
  if (service !== 's3') return `${service}:${operation}`;
  const [method = '', path = ''] = operation.split(' ');
  const isBucket = path.split('/').filter(Boolean).length === 1;
  if (isBucket) return 's3:ListBucket';
  return method === 'GET' || method === 'HEAD' ? 's3:GetObject' : 's3:PutObject';
}

function permissionsOf(
  request: AwsRequest,
  facts: Readonly<Record<string, ActionFacts | null>>,
): readonly Permission[] {
  const action = actionOf(request);
  if (request.service === 's3') {
    const [, path = ''] = request.operation.split(' ');
    return [{ action, resource: `arn:aws:s3:::${path.replace(/^\/|\/$/g, '')}` }];
  }
  const own = facts[action];
  if (!own) throw new Error(`AWS does not have the action ${action}`);
  return [
    ...resourcesOf(own, request.input).map((resource) => ({ action, resource })),
    ...own.dependent.flatMap((dependent) =>
      resourcesOf(facts[dependent] as ActionFacts, request.input).map((resource) => ({ action: dependent, resource })),
    ),
  ];
}

/** ARNs that the request names, else the ones that the action is for with the request's names in them; else `*`. */
function resourcesOf({ required, possible }: ActionFacts, input: Readonly<Record<string, unknown>>): readonly string[] {
  const named = Object.values(input).filter((value): value is string => typeof value === 'string');
  const texts = named.filter((value) => value.startsWith('arn:'));
  const meant = [...required, ...possible].flatMap((pattern) => texts.filter((text) => isOf(pattern, text)));
  if (meant.length > 0 && required.length <= 1) return meant;
  const needed = required.length > 0 ? required : possible.slice(0, 1);
  return needed.length > 0 ? needed.map((pattern) => filled(pattern, input)) : ['*'];
}

function isOf(pattern: string, arn: string): boolean {
  const parts = pattern.split(/\$\{\w+\}/).map((part) => part.replace(/[.*+?^$()[\]{}|\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+?')}$`).test(arn);
}

/** Names that the request does not tell stand for whatever the service chooses. */
function filled(pattern: string, input: Readonly<Record<string, unknown>>): string {
  const place: Readonly<Record<string, string>> = { Partition: 'aws', Region: REGION, Account: ACCOUNT };
  const value = (name: string): string => {
    const own = input[`${name.charAt(0).toLowerCase()}${name.slice(1)}`];
    return place[name] ?? (typeof own === 'string' ? own : 'any');
  };
  return pattern.replace(/\$\{(\w+)\}/g, (_, name: string) => value(name));
}
