import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { PATIENCE_MS } from '../patience.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The JSON documents of stdout. */
  readonly json: readonly Record<string, unknown>[];
}

/** Runs `edgeml …` as a process of its own. With `until` it is killed (SIGKILL) as soon as that resolves. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  until?: Promise<unknown>,
): Promise<CommandResult> {
  const child = spawn(process.execPath, [path.join(PROJECT, 'tools/edgeml.mjs'), ...args], {
    cwd: PROJECT,
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  void until?.then(() => child.kill('SIGKILL'));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { code, stdout, stderr, json: jsonLines(stdout) };
}

function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
