import path from 'node:path';
import process from 'node:process';
import { PROJECT } from '../../tools/bundle/project.ts';
import { PATIENCE_MS } from '../patience.ts';
import { Child } from './child.ts';

export interface CommandResult {
  /** Null if it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON documents of stdout. */
  readonly json: readonly Record<string, unknown>[];
}

/** Runs `edgeml …` as a process of its own. With `until` it is killed (SIGKILL) as soon as that resolves. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  until?: Promise<unknown>,
): Promise<CommandResult> {
  const child = new Child(process.execPath, [path.join(PROJECT, 'tools/edgeml.mjs'), ...args], {
    environment: { HOME: '/nonexistent', ...environment },
  });
  void until?.then(() => child.kill());
  const limit = setTimeout(() => child.kill(), PATIENCE_MS);
  const exit = await child.exit.finally(() => clearTimeout(limit));
  return {
    code: typeof exit === 'number' ? exit : null,
    stdout: child.out,
    stderr: child.err,
    json: child.documents(),
  };
}
