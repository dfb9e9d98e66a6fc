import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Child } from '../../testing/process/child.ts';

/** EDGEML_FUZZ=full runs 20,000 images and 2,000 models; EDGEML_FUZZ_SEED starts elsewhere. */
const FULL = process.env['EDGEML_FUZZ'] === 'full';
const SEED = Number(process.env['EDGEML_FUZZ_SEED'] ?? 1);
const CASES = FULL ? { images: 20_000, models: 2_000 } : { images: 4_000, models: 800 };
/** Nothing may take this long; a busy machine is slow, a hang is endless. */
const HANG_MS = 120_000;
const TIMEOUT_MS = FULL ? 3_600_000 : 600_000;
/** Decoders and arenas keep what they need once; what grows on with the number of cases is a leak. */
const GROWTH_MB = 96;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'edgeml-fuzz-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

interface Result {
  readonly tally: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly rssMb: readonly number[];
}

async function fuzz(kind: 'images' | 'models'): Promise<Result> {
  const journal = path.join(dir, kind);
  const runner = path.join(import.meta.dirname, '../../testing/vision/fuzz/run-fuzz.ts');
  const words = ['--expose-gc', '--import', 'tsx', runner, kind, String(SEED), String(CASES[kind]), journal];
  const child = new Child(process.execPath, words, { environment: process.env });
  let last = '';
  const watchdog = setInterval(() => {
    const now = lastLine(journal);
    if (now === last) child.kill();
    last = now;
  }, HANG_MS);
  const end = await child.exit;
  clearInterval(watchdog);
  const line = lastLine(journal);
  // A crash or a hang: the last line is the number of the case.
  expect(end, `${kind} ended with ${end} in case ${line} of seed ${SEED}: ${child.err.slice(-2_000)}`).toBe(0);
  return JSON.parse(line) as Result;
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return 'before the first case';
  }
}

describe('damaged files', () => {
  it.each(['images', 'models'] as const)(
    '%s get an answer or a clear error: no crash, no hang, no growth',
    async (kind) => {
      const { tally, wrong, rssMb } = await fuzz(kind);
      expect(wrong).toEqual([]);
      expect(Object.values(tally).reduce((sum, many) => sum + many, 0)).toBe(CASES[kind]);
      // The damage is such that some pass and many do not, or nothing has been tested.
      expect(tally['ok']).toBeGreaterThan(CASES[kind] / 50);
      expect(CASES[kind] - (tally['ok'] ?? 0)).toBeGreaterThan(CASES[kind] / 4);
      const [, , settled = 0] = rssMb;
      expect((rssMb.at(-1) ?? 0) - settled, `resident memory in MB: ${rssMb.join(', ')}`).toBeLessThan(GROWTH_MB);
    },
    TIMEOUT_MS,
  );
});
