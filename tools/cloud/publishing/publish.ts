import { DeleteComponentCommand } from '@aws-sdk/client-greengrassv2';
import type { Clock } from '#packages/foundation';
import { awsCall, awsErrorCode } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { pollUntil } from '../poll.ts';
import { cloudErrors } from '../errors.ts';
import type { ComponentPlan } from './publish-plan.ts';
import { checkSameContent, componentArns, findVersion } from './published-version.ts';
import type { PublishedVersion } from './published-version.ts';
import { upload } from './upload.ts';

export interface PublishOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Longest wait for one component to become deployable. Default 300,000. */
  readonly timeoutMs?: number;
  /** First pause between two looks at a component. Default 1,000. */
  readonly everyMs?: number;
  readonly onProgress?: (text: string) => void;
}

export interface PublishOutcome {
  readonly component: string;
  readonly version: string;
  readonly arn: string;
  /** `unchanged`: this version was deployable with the same content before. */
  readonly outcome: 'published' | 'unchanged';
  readonly uploadedBytes: number;
}

/**
 * Publishes components one after the other, dependencies first. If it is stopped, the next run continues: artifacts that are in the
 * bucket are not sent again, a version that exists is compared, waited for, or replaced when Greengrass could not process it.
 *
 * @throws EdgeError `publish.version-taken`, `publish.not-deployable`, `publish.timeout`, `cloud.*`
 */
export async function* publish(
  clients: CloudClients,
  plans: readonly ComponentPlan[],
  options: PublishOptions,
): AsyncGenerator<PublishOutcome, void, undefined> {
  const arns = await componentArns(clients, options.signal);
  for (const plan of plans) yield await publishOne(clients, plan, arns.get(plan.component.name), options);
}

async function publishOne(
  clients: CloudClients,
  plan: ComponentPlan,
  componentArn: string | undefined,
  options: PublishOptions,
): Promise<PublishOutcome> {
  const { name, version } = plan.component;
  const { signal } = options;
  const known = componentArn && (await findVersion(clients, `${componentArn}:versions:${version}`, signal));
  if (known && known.state !== 'FAILED') {
    await checkSameContent(clients, known.arn, plan, signal);
    const wasReady = known.state === 'DEPLOYABLE';
    if (!wasReady) await untilDeployable(clients, plan, known.arn, options);
    return {
      component: name,
      version,
      arn: known.arn,
      outcome: wasReady ? 'unchanged' : 'published',
      uploadedBytes: 0,
    };
  }
  // No device can have a version that never became deployable.
  if (known) {
    const command = new DeleteComponentCommand({ arn: known.arn });
    await awsCall(`DeleteComponent ${known.arn}`, clients.greengrass.send(command, { abortSignal: signal }));
  }
  let uploadedBytes = 0;
  for (const one of plan.uploads) {
    options.onProgress?.(`Uploading ${one.artifact.fileName} (${(one.artifact.bytes / 1e6).toFixed(1)} MB) …`);
    if (await upload(clients, one, options)) uploadedBytes += one.artifact.bytes;
  }
  const arn = await create(clients, plan, options);
  await untilDeployable(clients, plan, arn, options);
  return { component: name, version, arn, outcome: 'published', uploadedBytes };
}

async function create(
  clients: CloudClients,
  plan: ComponentPlan,
  { signal, onProgress }: PublishOptions,
): Promise<string> {
  const { name, version } = plan.component;
  onProgress?.(`Creating ${name} ${version} …`);
  try {
    const { arn } = await clients.greengrass.send(plan.create, { abortSignal: signal });
    return arn ?? '';
  } catch (thrown) {
    // Somebody else was faster, or the token of an earlier try has expired: fine when it holds the same.
    const taken = awsErrorCode(thrown) === 'ConflictException' && (await componentArns(clients, signal)).get(name);
    if (!taken) return awsCall(`CreateComponentVersion ${name} ${version}`, Promise.reject(thrown as Error));
    const arn = `${taken}:versions:${version}`;
    await checkSameContent(clients, arn, plan, signal);
    return arn;
  }
}

async function untilDeployable(
  clients: CloudClients,
  { component: { name, version } }: ComponentPlan,
  arn: string,
  { clock, signal, onProgress, timeoutMs = 300_000, everyMs = 1_000 }: PublishOptions,
): Promise<void> {
  onProgress?.(`Waiting for ${name} ${version} …`);
  let state: PublishedVersion | undefined;
  const end = await pollUntil({ clock, everyMs, maxEveryMs: 15_000, timeoutMs, signal }, async () => {
    state = await findVersion(clients, arn, signal);
    return state && ['DEPLOYABLE', 'FAILED', 'DEPRECATED'].includes(state.state) ? state : undefined;
  });
  if (end?.state === 'DEPLOYABLE') return;
  if (!end) {
    const message = `${name} ${version} is still ${state?.state ?? 'unknown'} after ${timeoutMs / 1000} s`;
    throw cloudErrors.error('publish.timeout', message, { facts: { arn } });
  }
  const reasons = Object.values(end.errors).join('; ') || end.message;
  throw cloudErrors.error('publish.not-deployable', `Greengrass could not process ${name} ${version}: ${reasons}`, {
    facts: { arn, state: end.state, errors: end.errors },
  });
}
