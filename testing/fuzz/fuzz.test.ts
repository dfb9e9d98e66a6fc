import { afterEach, describe, expect, it } from 'vitest';
import { Random } from '../vision/fuzz/random.ts';
import { readCorpus } from './corpus-file.ts';
import { Coverage } from './coverage.ts';
import { findTargets, loadTarget } from './find-targets.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { Fuzzer } from './fuzzer.ts';
import { minimize } from './minimize.ts';
import { parsePlanted } from './planted.ts';

/** Batches of damaged inputs for each target: `npm run fuzz` is for more. */
const STEPS = 2;
const SEED = 7;

describe.each([...findTargets().keys()])('inputs of %s', (name) => {
  let target: FuzzTarget;
  afterEach(() => target.close?.());

  it('are taken or refused by name: those of the corpus, and damaged ones', async () => {
    target = await loadTarget(name);
    const fuzzer = new Fuzzer({ target, random: new Random(SEED) });
    const inputs = [...(await target.seeds()), ...readCorpus(name)];
    await fuzzer.begin(inputs);
    for (let step = 0; step < STEPS; step++) await fuzzer.step();
    expect(
      [...fuzzer.findings.values()].map(({ what, stack, input }) => [
        what,
        stack,
        Buffer.from(input).toString('base64'),
      ]),
    ).toEqual([]);
    expect(fuzzer.inputs).toBeGreaterThan(inputs.length);
  });
});

describe('Fuzzer', () => {
  const planted: FuzzTarget = {
    about: 'a planted fault',
    // One of them is put in at a time, so that only what is kept in between leads to all four.
    dictionary: ['E', 'M', 'L', '!'],
    seeds: () => [],
    run: (bytes) => void parsePlanted(bytes),
  };
  const begin = Uint8Array.from(Buffer.from('....'));
  const STEPS_TO_FIND = 60;

  it('finds a fault behind four bytes, one after the other, by what they reach', async () => {
    const coverage = new Coverage();
    const fuzzer = new Fuzzer({ target: planted, random: new Random(SEED), coverage });
    await fuzzer.begin([begin]);
    for (let step = 0; step < STEPS_TO_FIND && fuzzer.findings.size === 0; step++) await fuzzer.step();
    coverage.close();
    const [finding] = fuzzer.findings.values();
    expect(finding?.what).toBe('RangeError: the planted fault');
    expect(Buffer.from((await minimize(planted, finding!)).input).toString('latin1')).toBe('EML!');
  });

  it('does not find it blindly, in as many tries', async () => {
    const fuzzer = new Fuzzer({ target: planted, random: new Random(SEED) });
    await fuzzer.begin([begin]);
    for (let step = 0; step < STEPS_TO_FIND; step++) await fuzzer.step();
    expect(fuzzer.findings.size).toBe(0);
  });
});
