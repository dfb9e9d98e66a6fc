import type { CommandResult } from '../process/run-command.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';

/**
 * A command line in this process: a process of its own takes two seconds of processor time to start. Code around a command
 * line, the same for all of them, is tested where `runCommand` starts one.
 *
 * @param environment variables that this process has meanwhile, instead of all that begin with AWS_. Default: its own
 * @param answers of a person at the terminal. Default: nobody is there
 */
export async function runHere(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
  answers: readonly string[] = [],
): Promise<CommandResult> {
  const io = new MemoryIo(...answers);
  const run = () => runProgram(args, io, new AbortController().signal);
  const code = await (environment ? inEnvironment(environment, run) : run());
  const lines = io.out.split('\n').filter((line) => line.startsWith('{'));
  const json = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, stdout: io.out, stderr: io.err, json };
}

/** The account of whoever runs the tests is out of reach, as it is for `runCommand`. */
async function inEnvironment<Result>(
  environment: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = { ...process.env };
  const ofAccount = Object.keys(before).filter((name) => name.startsWith('AWS_'));
  for (const name of ofAccount) delete process.env[name];
  Object.assign(process.env, { HOME: '/nonexistent', ...environment });
  try {
    return await work();
  } finally {
    for (const name of ['HOME', ...Object.keys(environment)]) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** The error that a command with --json ended with. */
export function errorOf({ stderr }: CommandResult): { readonly code: string; readonly message: string } {
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"'));
  return (JSON.parse(line ?? '{"error":{}}') as { error: { code: string; message: string } }).error;
}
