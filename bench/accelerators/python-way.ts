import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Provider } from '#packages/model-package';
import type { Way } from './way.ts';

const PEER = path.join(import.meta.dirname, 'session_peer.py');

/** The same session in Python, in a process that runs when it is told to. */
export async function openPython(
  python: string,
  model: string,
  provider: Provider,
  threads: number,
  signal: AbortSignal,
): Promise<Way> {
  const peer = spawn(python, [PEER, model, provider, String(threads)], { signal, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => peer.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => peer.once('error', reject));
  failed.catch(() => undefined);
  const answer = async (): Promise<{ readonly error?: string; readonly times?: readonly number[] }> => {
    const line = (await Promise.race([lines.next(), failed])) as IteratorResult<string, undefined>;
    if (line.done) throw new Error(`${python} has ended; see what it wrote above`);
    return JSON.parse(line.value) as { readonly error?: string; readonly times?: readonly number[] };
  };
  const { error } = await answer();
  if (error !== undefined) {
    peer.stdin.end();
    await ended;
    throw new Error(error);
  }
  return {
    async run(times) {
      peer.stdin.write(`${times}\n`);
      return (await answer()).times ?? [];
    },
    async close() {
      peer.stdin.end();
      await ended;
    },
  };
}
