import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Child } from '../process/child.ts';
import type { FuzzReport } from './fuzz-child.ts';

export interface RunTargetOptions {
  readonly name: string;
  readonly seconds: number;
  readonly seed: number;
  /** Whether inputs that reached something new go into testing/fuzz/corpus. */
  readonly save: boolean;
  readonly signal: AbortSignal;
}

/** An input that takes this long hangs; a busy machine is slow, a hang is endless. */
const HANG_MS = 30_000;
const LOOK_MS = 1_000;
/** Exit code of Node.js for a process that waits for something that nothing will bring. */
const NEVER_SETTLED = 13;

/** Fuzzes one target in its own process. A crash and a hang are findings, with the input that led to them. */
export async function runTarget({ name, seconds, seed, save, signal }: RunTargetOptions): Promise<FuzzReport> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgeml-fuzz-'));
  const journal = path.join(folder, 'journal');
  const child = new Child(
    process.execPath,
    [
      '--max-old-space-size=1024',
      ...['--import', 'tsx', path.join(import.meta.dirname, 'fuzz-child.ts')],
      ...[name, String(seconds), String(seed), journal, save ? 'save' : 'keep'],
    ],
    { environment: process.env },
  );
  const ended = (): void => child.kill();
  signal.addEventListener('abort', ended, { once: true });
  let [last, since] = [-1, performance.now()];
  const watch = setInterval(() => {
    const { number } = lastInput(journal);
    if (number !== last) [last, since] = [number, performance.now()];
    else if (performance.now() - since > HANG_MS) child.kill();
  }, LOOK_MS);
  try {
    const end = await child.exit;
    signal.throwIfAborted();
    if (end === 0) return child.documents().at(-1) as unknown as FuzzReport;
    const { number, input } = lastInput(journal);
    if (number < 0) throw new Error(`the target "${name}" did not start: ${child.err.slice(-2_000)}`);
    const hung = end === 'SIGKILL' && performance.now() - since > HANG_MS;
    const what =
      end === NEVER_SETTLED
        ? 'it never ends: nothing is left that could end it'
        : hung
          ? `it hangs: no end after ${HANG_MS / 1_000} s`
          : `its process ended with ${end}`;
    const finding = { what, stack: child.err.slice(-2_000), base64: Buffer.from(input).toString('base64') };
    return { inputs: number, reached: 0, corpus: 0, saved: 0, findings: [finding] };
  } finally {
    signal.removeEventListener('abort', ended);
    clearInterval(watch);
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The number -1 before the first input. */
function lastInput(journal: string): { readonly number: number; readonly input: Uint8Array } {
  try {
    const bytes = readFileSync(journal);
    if (bytes.length >= 8)
      return { number: bytes.readUInt32LE(0), input: bytes.subarray(8, 8 + bytes.readUInt32LE(4)) };
  } catch {
    // The process has not begun yet.
  }
  return { number: -1, input: new Uint8Array() };
}
