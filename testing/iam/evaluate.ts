import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { PROJECT } from '../../tools/bundle/project.ts';
import type { Policy } from '../../tools/lint/account/policy.ts';
import { PYTHON_WITH_MODULES } from '../outside-data/python.ts';

export interface Question {
  readonly policy: Policy;
  /** E.g. `s3:GetObject`. */
  readonly action: string;
  /** ARN, or `*` for an action that is for no resource. */
  readonly resource: string;
}

/** An action, as AWS's Service Authorization Reference describes it. */
export interface ActionFacts {
  /** ARNs with `${Partition}`, `${Region}`, …, each of which the caller needs. */
  readonly required: readonly string[];
  /** ARNs one of which may be meant. Neither: the action takes `*` alone. */
  readonly possible: readonly string[];
  /** Actions that the caller needs besides. */
  readonly dependent: readonly string[];
}

export interface Answers {
  readonly allowed: readonly boolean[];
  /** Of the actions and of all that they depend on; null for one that does not exist. */
  readonly facts: Readonly<Record<string, ActionFacts | null>>;
}

let engine: { readonly child: ChildProcessWithoutNullStreams; readonly lines: AsyncIterator<string> } | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Asks moto's engine for all questions at once, and policy_sentry for the facts of the actions. Python is started by the first
 * call of a test file and ends with it.
 */
export function evaluate(questions: readonly Question[], actions: readonly string[] = []): Promise<Answers> {
  const answer = last.then(async () => {
    const { child, lines } = (engine ??= start());
    child.stdin.write(`${JSON.stringify({ questions, actions })}\n`);
    const next = await lines.next();
    if (next.done) throw new Error('testing/iam/evaluate.py has ended; what it said is above');
    return JSON.parse(next.value) as Answers;
  });
  last = answer.catch(() => undefined);
  return answer;
}

function start(): NonNullable<typeof engine> {
  const script = path.join(PROJECT, 'testing/iam/evaluate.py');
  const child = spawn(PYTHON_WITH_MODULES, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stderr.pipe(process.stderr);
  process.once('exit', () => child.kill());
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}
