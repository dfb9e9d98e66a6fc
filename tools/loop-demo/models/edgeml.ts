import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { endOf } from '../../optimize/python-environment.ts';
import { PROJECT } from '../../bundle/project.ts';

const run = promisify(execFile);
const MOST_OUTPUT_BYTES = 50_000_000;

/** Runs `edgeml …` as anybody would; resolves with what it printed. */
export async function edgeml(words: readonly string[], signal: AbortSignal): Promise<string> {
  const program = path.join(PROJECT, 'tools/edgeml.mjs');
  const options = { signal, maxBuffer: MOST_OUTPUT_BYTES };
  const { stdout } = await run(process.execPath, [program, ...words], options).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Error(`edgeml ${words[0] ?? ''} failed: ${endOf(cause)}`, { cause });
  });
  return stdout;
}
