import { randomUUID } from 'node:crypto';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import type { Stack } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Clock } from '#packages/foundation';
import { awsCall } from '../aws-call.ts';
import { cloudErrors } from '../errors.ts';
import { allPages, collect } from '../pages.ts';
import { pollUntil } from '../poll.ts';

export interface StackChange {
  readonly action: string;
  /** Logical id and type. */
  readonly resource: string;
  /** The resource is made again: what it holds is lost. */
  readonly isReplaced: boolean;
}

export interface StackRequest {
  readonly name: string;
  readonly templateBody: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface StackClientOptions {
  readonly account: string;
  readonly profile: string;
  readonly region: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** First pause between two looks. */
const EVERY_MS = 2_000;
const TIMEOUT_MS = 3_600_000;

/** AWS CloudFormation in one account. */
export class StackClient {
  readonly #options: StackClientOptions;
  readonly #formation: CloudFormationClient;

  constructor(options: StackClientOptions) {
    this.#options = options;
    const { region, profile } = options;
    this.#formation = new CloudFormationClient({ region, profile, maxAttempts: 8 });
  }

  /** @throws EdgeError `account.wrong-account` if the profile is for another account than the file says */
  async requireAccount(id: string): Promise<void> {
    const { region, profile, account, signal: abortSignal } = this.#options;
    const sts = new STSClient({ region, profile });
    const call = sts.send(new GetCallerIdentityCommand({}), { abortSignal });
    const { Account } = await awsCall(`GetCallerIdentity with the profile ${profile}`, call);
    sts.destroy();
    if (Account === id) return;
    const message = `the profile ${profile} is for the account ${Account}, but ${account} is ${id}`;
    throw cloudErrors.error('account.wrong-account', message, { facts: { account, profile } });
  }

  /** Its outputs; undefined if there is no such stack. */
  async outputs(name: string): Promise<Readonly<Record<string, string>> | undefined> {
    const stack = await this.#find(name);
    return stack && outputsOf(stack);
  }

  /**
   * The changes that the request would make, as a change set says. Without `keep` that is removed again.
   * @returns undefined if there are none
   * @throws EdgeError `account.stack-failed`, `account.timeout`
   */
  async change(request: StackRequest, keep: boolean): Promise<ChangeSet | undefined> {
    const { name, templateBody, parameters } = request;
    const there = await this.#find(name);
    const set = { StackName: name, ChangeSetName: `edgeml-${randomUUID()}` };
    const command = new CreateChangeSetCommand({
      ...set,
      ChangeSetType: there ? 'UPDATE' : 'CREATE',
      TemplateBody: templateBody,
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
      Tags: [{ Key: 'edgeml', Value: name }],
    });
    await this.#call(`CreateChangeSet ${name}`, (options) => this.#formation.send(command, options));
    const made = await this.#until(name, async () => {
      const found = await this.#describe(set);
      return found.Status === 'CREATE_COMPLETE' || found.Status === 'FAILED' ? found : undefined;
    });
    if (made.Status === 'FAILED' || !keep) await this.#remove(set);
    if (made.Status === 'FAILED') {
      const reason = made.StatusReason ?? 'no reason given';
      if (/didn't contain changes|No updates are to be performed/.test(reason)) return undefined;
      throw this.#failed(name, reason);
    }
    return { ...set, changes: made.changes };
  }

  /** Does what the change set says, and gives the outputs. @throws EdgeError `account.stack-failed`, `account.timeout` */
  async execute({ StackName, ChangeSetName }: ChangeSet): Promise<Readonly<Record<string, string>>> {
    const since = new Date(this.#options.clock.now());
    const command = new ExecuteChangeSetCommand({ StackName, ChangeSetName });
    await this.#call(`ExecuteChangeSet ${StackName}`, (options) => this.#formation.send(command, options));
    const stack = await this.#until(StackName, async () => {
      const found = await this.#find(StackName);
      return /_IN_PROGRESS$/.test(found?.StackStatus ?? 'REVIEW_IN_PROGRESS') ? undefined : found;
    });
    if (/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus ?? '')) return outputsOf(stack);
    throw this.#failed(StackName, `${stack.StackStatus}: ${await this.#firstFailure(StackName, since)}`);
  }

  close(): void {
    this.#formation.destroy();
  }

  /** A stack that only has a change set is not there yet. */
  async #find(StackName: string): Promise<Stack | undefined> {
    const { signal: abortSignal } = this.#options;
    const call = this.#formation
      .send(new DescribeStacksCommand({ StackName }), { abortSignal })
      .catch((thrown: Error) => {
        // Not a code of its own: ValidationError stands for any wrong request.
        if (thrown.message.includes('does not exist')) return { Stacks: [] };
        throw thrown;
      });
    const { Stacks: [stack] = [] } = await awsCall(`DescribeStacks ${StackName}`, call);
    return stack?.StackStatus === 'REVIEW_IN_PROGRESS' ? undefined : stack;
  }

  async #describe(set: { StackName: string; ChangeSetName: string }) {
    let last: { readonly Status?: string | undefined; readonly StatusReason?: string | undefined } = {};
    const pages = allPages(async (NextToken) => {
      const command = new DescribeChangeSetCommand({ ...set, NextToken });
      const found = await this.#call(`DescribeChangeSet ${set.StackName}`, (options) =>
        this.#formation.send(command, options),
      );
      last = found;
      return { items: found.Changes, nextToken: found.NextToken };
    });
    const changes = (await collect(pages)).flatMap(({ ResourceChange: one }) =>
      one
        ? [
            {
              action: one.Action ?? '',
              resource: `${one.LogicalResourceId} (${one.ResourceType})`,
              isReplaced: one.Replacement === 'True',
            },
          ]
        : [],
    );
    return { ...last, changes };
  }

  async #remove(set: { StackName: string; ChangeSetName: string }): Promise<void> {
    await this.#call(`DeleteChangeSet ${set.StackName}`, (options) =>
      this.#formation.send(new DeleteChangeSetCommand(set), options),
    );
  }

  async #firstFailure(StackName: string, since: Date): Promise<string> {
    const found = await this.#call(`DescribeStackEvents ${StackName}`, (options) =>
      this.#formation.send(new DescribeStackEventsCommand({ StackName }), options),
    );
    // Newest first; later failures are of resources that were cancelled.
    const failures = (found.StackEvents ?? []).filter(
      ({ ResourceStatus, Timestamp }) => ResourceStatus?.endsWith('_FAILED') && (Timestamp ?? since) >= since,
    );
    const first = failures.at(-1);
    return first ? `${first.LogicalResourceId}: ${first.ResourceStatusReason}` : 'no reason given';
  }

  async #until<Answer>(stack: string, ask: () => Promise<Answer | undefined>): Promise<Answer> {
    const { clock, signal, account } = this.#options;
    const answer = await pollUntil(
      { clock, everyMs: EVERY_MS, maxEveryMs: 15_000, timeoutMs: TIMEOUT_MS, signal },
      ask,
    );
    if (answer !== undefined) return answer;
    const message = `the stack ${stack} of ${account} has not come to an end in ${TIMEOUT_MS / 60_000} minutes`;
    throw cloudErrors.error('account.timeout', message, { facts: { account, stack } });
  }

  #call<Output>(what: string, send: (options: { abortSignal: AbortSignal }) => Promise<Output>): Promise<Output> {
    const { account, signal } = this.#options;
    return awsCall(`${what} of ${account}`, send({ abortSignal: signal }));
  }

  #failed(stack: string, reason: string): Error {
    const { account } = this.#options;
    return cloudErrors.error('account.stack-failed', `the stack ${stack} of ${account}: ${reason}`, {
      facts: { account, stack },
    });
  }
}

export interface ChangeSet {
  readonly StackName: string;
  readonly ChangeSetName: string;
  readonly changes: readonly StackChange[];
}

function outputsOf({ Outputs = [] }: Stack): Readonly<Record<string, string>> {
  return Object.fromEntries(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
