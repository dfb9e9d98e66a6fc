import type { CommandResult } from '../process/run-command.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';

/** A command line in this process, where a test of many refusals would start a process for each. */
export async function runHere(args: readonly string[]): Promise<CommandResult> {
  const io = new MemoryIo();
  const code = await runProgram(args, io, new AbortController().signal);
  const lines = io.out.split('\n').filter((line) => line.startsWith('{'));
  const json = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, stdout: io.out, stderr: io.err, json };
}

/** The error that a command with --json ended with. */
export function errorOf({ stderr }: CommandResult): { readonly code: string; readonly message: string } {
  const line = stderr.split('\n').find((text) => text.startsWith('{"error"'));
  return (JSON.parse(line ?? '{"error":{}}') as { error: { code: string; message: string } }).error;
}
