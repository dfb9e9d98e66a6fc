import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '#packages/foundation';
import { PROJECT } from '../../bundle/project.ts';
import { accountStacks, Outputs } from './account-stacks.ts';
import type { AccountStack } from './account-stacks.ts';
import type { AccountName, AccountsFile } from './accounts-file.ts';
import { StackClient } from './stack-client.ts';
import type { StackChange } from './stack-client.ts';

export interface ChangeOptions {
  readonly file: AccountsFile;
  /** Key of the function's zip in the bucket of the tooling account; asked once the profiles are known to be right. */
  lambdaKey(): Promise<string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default: nothing is changed. */
  readonly deploy?: {
    /** Brings the code of the pipeline into the bucket of the tooling account, once that is there. */
    upload(bucket: string): Promise<void>;
  };
  readonly onProgress?: (what: string) => void;
}

export interface StackOutcome {
  readonly account: AccountName;
  readonly stack: string;
  /** `later`: it needs what stacks give that are not there yet. */
  readonly state: 'unchanged' | 'to-change' | 'later' | 'changed';
  readonly changes: readonly StackChange[];
}

/**
 * Goes through the stacks of all accounts in the order in which they need each other, and says what would change, or changes it. A
 * deployment that was interrupted is repeated: stacks that are as they should be are left alone.
 *
 * @throws EdgeError `account.*`, `cloud.*`
 */
export async function changeAccounts(options: ChangeOptions): Promise<readonly StackOutcome[]> {
  const { file, clock, signal } = options;
  const { accounts, region } = file;
  const client = (account: AccountName) =>
    new StackClient({ account, region, profile: accounts[account].profile, clock, signal });
  const clients = {
    tooling: client('tooling'),
    preproduction: client('preproduction'),
    production: client('production'),
  };
  try {
    for (const [name, one] of Object.entries(clients)) await one.requireAccount(accounts[name as AccountName].id);
    const given = new Outputs();
    const outcomes: StackOutcome[] = [];
    for (const stack of accountStacks(await options.lambdaKey()))
      outcomes.push(await changeStack(stack, clients[stack.account], given, outcomes, options));
    return outcomes;
  } finally {
    for (const one of Object.values(clients)) one.close();
  }
}

async function changeStack(
  stack: AccountStack,
  client: StackClient,
  given: Outputs,
  before: readonly StackOutcome[],
  { file, deploy, onProgress }: ChangeOptions,
): Promise<StackOutcome> {
  const { account, name, template } = stack;
  onProgress?.(`${account}: ${name} …`);
  const there = await client.outputs(name);
  // In a plan, whatever comes after a stack that is to be made has to wait for what that gives.
  const isBlocked = before.some((one) => !given.has({ account: one.account, name: one.stack }));
  if (isBlocked && !there) return { account, stack: name, state: 'later', changes: [] };
  if (there) given.add(stack, there);
  if (isBlocked) return { account, stack: name, state: 'later', changes: [] };
  const templateBody = await readFile(path.join(PROJECT, 'infrastructure', template), 'utf8');
  const request = { name, templateBody, parameters: stack.parameters(file, given) };
  const set = await client.change(request, deploy !== undefined);
  if (set && deploy) given.add(stack, await client.execute(set));
  if (deploy && template === 'tooling.yaml') await deploy.upload(given.get('tooling', name, 'ArtifactsBucket'));
  const state = set === undefined ? 'unchanged' : deploy ? 'changed' : 'to-change';
  return { account, stack: name, state, changes: set?.changes ?? [] };
}
