import { describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { candidatesOf, describeCandidate } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { chooseVariant } from './choose-variant.ts';
import type { ChooseOptions } from './choose-variant.ts';

const manifest = parseManifest({
  schemaVersion: 1,
  name: 'M',
  version: '1',
  task: 'tensor',
  input: { width: 8, height: 8 },
  output: { decoder: 'tensor' },
  variants: [{ file: 'fp32.onnx' }, { file: 'int8.onnx', precision: 'int8', providers: ['cpu'] }],
});

/** The behavior of each candidate, by its description. */
interface Behavior {
  readonly runMs?: number;
  /** Default: `runMs`, as with one thread. */
  readonly cpuMs?: number;
  readonly loadMs?: number;
  readonly wrong?: string;
  /** The time that its test took, known after a run. */
  readonly checkMs?: number;
  readonly fails?: string;
}

function rig(behaviors: Readonly<Record<string, Behavior>>) {
  const clock = new FakeClock();
  const open = new Set<string>();
  const opened: string[] = [];
  let runs = 0;
  let cpuTime = 0;
  return {
    clock,
    cpuTime: () => cpuTime,
    runs: () => runs,
    open,
    opened,
    async load(candidate: Candidate) {
      const name = describeCandidate(candidate);
      const behavior = behaviors[name] ?? {};
      opened.push(name);
      await clock.advance(behavior.loadMs ?? 0);
      if (behavior.fails) throw new Error(behavior.fails);
      open.add(name);
      return {
        name,
        check: async () => ({
          ...(behavior.wrong === undefined ? {} : { wrong: behavior.wrong }),
          ...(behavior.checkMs === undefined ? {} : { latencyMs: behavior.checkMs }),
        }),
        run: () => {
          runs++;
          const { runMs = 10, cpuMs = runMs } = behavior;
          cpuTime += cpuMs;
          return clock.advance(runMs);
        },
        close: async () => void open.delete(name),
      };
    },
  };
}

function choose(
  behaviors: Readonly<Record<string, Behavior>>,
  options: Partial<ChooseOptions> = {},
  providers: readonly ('cpu' | 'webgpu')[] = ['cpu'],
  threads = [1],
) {
  const it = rig(behaviors);
  const candidates = candidatesOf(manifest, { providers, intraOpThreads: threads, reducedDecode: false });
  return chooseVariant(candidates, (candidate) => it.load(candidate), {
    clock: it.clock,
    cpuTime: it.cpuTime,
    budgetMs: 10_000,
    ...options,
  }).then((result) => ({ ...it, ...result }));
}

const FP32 = 'fp32.onnx on cpu with 1 thread';
const INT8 = 'int8.onnx on cpu with 1 thread';
const FP32_4 = 'fp32.onnx on cpu with 4 threads';
const INT8_4 = 'int8.onnx on cpu with 4 threads';

describe('chooseVariant', () => {
  it('takes the word of its test for how fast a candidate without a rival is, after one run', async () => {
    const it = rig({ [FP32]: { checkMs: 7 } });
    const [only] = candidatesOf(manifest, { providers: ['cpu'], intraOpThreads: [1], reducedDecode: false });
    const { choice } = await chooseVariant([only!], (candidate) => it.load(candidate), {
      clock: it.clock,
      cpuTime: it.cpuTime,
      budgetMs: 10_000,
    });
    expect(choice?.results).toMatchObject([{ outcome: 'measured', latencyMs: 7 }]);
    expect(it.runs()).toBe(1);
  });

  it('keeps the cheapest and closes the others', async () => {
    const { choice, open } = await choose({ [FP32]: { runMs: 20 }, [INT8]: { runMs: 9 } });
    expect(choice?.model.name).toBe(INT8);
    expect([...open]).toEqual([INT8]);
    expect(choice?.results.map((one) => 'latencyMs' in one && one.latencyMs)).toEqual([20, 9]);
  });

  it('drops what fails the golden test, however fast', async () => {
    const { choice, results } = await choose({ [FP32]: { runMs: 20 }, [INT8]: { runMs: 1, wrong: 'dog is missing' } });
    expect(choice?.model.name).toBe(FP32);
    expect(results[1]).toMatchObject({ outcome: 'golden-failed', reason: 'dog is missing' });
  });

  it('goes on when a candidate does not load', async () => {
    const { choice, results } = await choose({ [FP32]: { fails: 'no such operator' } });
    expect(choice?.model.name).toBe(INT8);
    expect(results[0]).toMatchObject({ outcome: 'failed', reason: 'no such operator' });
  });

  it('finds nothing when nothing works, and leaves nothing open', async () => {
    const { choice, results, open } = await choose({ [FP32]: { fails: 'a' }, [INT8]: { wrong: 'b' } });
    expect(choice).toBeUndefined();
    expect(results.map((result) => result.outcome)).toEqual(['failed', 'golden-failed']);
    expect(open.size).toBe(0);
  });

  it('stays with the preferred one among equals', async () => {
    expect((await choose({ [FP32]: { runMs: 10 }, [INT8]: { runMs: 9.8 } })).choice?.model.name).toBe(FP32);
  });

  it('stops measuring when the budget is used up, but always finds one that works', async () => {
    const late = await choose({ [FP32]: { loadMs: 5_000, runMs: 100 } }, { budgetMs: 1_000 });
    expect(late.choice?.model.name).toBe(FP32);
    expect(late.results[1]).toMatchObject({ outcome: 'skipped' });
    const rescued = await choose({ [FP32]: { loadMs: 5_000, wrong: 'x' } }, { budgetMs: 1_000 });
    expect(rescued.choice?.model.name).toBe(INT8);
  });

  it('keeps within the budget when runs are slow', async () => {
    const { choice } = await choose({ [FP32]: { runMs: 300 }, [INT8]: { runMs: 200 } }, { budgetMs: 2_000 });
    expect(choice?.elapsedMs).toBeLessThan(2_000 + 4 * 300);
  });

  it.each([
    { why: 'save as much as they add', of: { runMs: 5, cpuMs: 13 }, takes: FP32_4 },
    { why: 'add more work than they save time', of: { runMs: 9, cpuMs: 12 }, takes: FP32 },
  ])('takes more threads only if they $why', async ({ of, takes }) => {
    const behaviors = { [FP32]: { runMs: 10 }, [FP32_4]: of, [INT8]: { wrong: 'x' }, [INT8_4]: { wrong: 'x' } };
    expect((await choose(behaviors, {}, ['cpu'], [4, 1])).choice?.model.name).toBe(takes);
  });

  it('does not let other programs decide: a run that waited for a core costs what it computed', async () => {
    const { choice } = await choose({ [FP32]: { runMs: 10, cpuMs: 4 }, [INT8]: { runMs: 8, cpuMs: 6 } });
    expect(choice?.model.name).toBe(FP32);
  });

  it('compares accelerators by latency alone', async () => {
    const onGpu = 'fp32.onnx on webgpu with 1 thread';
    const behaviors = { [onGpu]: { runMs: 20, cpuMs: 1 }, [FP32]: { runMs: 15 }, [INT8]: { wrong: 'x' } };
    expect((await choose(behaviors, {}, ['webgpu', 'cpu'])).choice?.model.name).toBe(FP32);
  });

  it('closes everything and throws what is about all candidates', async () => {
    const it = rig({ [INT8]: { fails: 'the package changed' } });
    const candidates = candidatesOf(manifest, { providers: ['cpu'], intraOpThreads: [1], reducedDecode: false });
    const choosing = chooseVariant(candidates, (candidate) => it.load(candidate), {
      clock: it.clock,
      cpuTime: it.cpuTime,
      budgetMs: 10_000,
      isFatal: (error) => String(error).includes('changed'),
    });
    await expect(choosing).rejects.toThrow('the package changed');
    expect(it.open.size).toBe(0);
  });

  it('closes everything and throws the reason when aborted', async () => {
    const abort = new AbortController();
    const reason = new Error('superseded');
    const it = rig({});
    const candidates = candidatesOf(manifest, { providers: ['cpu'], intraOpThreads: [1], reducedDecode: false });
    const choosing = chooseVariant(candidates, (candidate) => it.load(candidate), {
      clock: it.clock,
      cpuTime: it.cpuTime,
      budgetMs: 1e9,
      signal: abort.signal,
      onResult: () => abort.abort(reason),
    });
    await expect(choosing).rejects.toBe(reason);
    expect(it.open.size).toBe(0);
    expect(it.opened).toHaveLength(1);
  });
});

describe('candidatesOf', () => {
  it('keeps variants to their providers and threads to the CPU', () => {
    const names = candidatesOf(manifest, {
      providers: ['webgpu', 'cpu'],
      intraOpThreads: [1, 2],
      reducedDecode: true,
    }).map(describeCandidate);
    expect(names).toEqual([
      'fp32.onnx on webgpu with 1 thread',
      'fp32.onnx on cpu with 1 thread',
      'fp32.onnx on cpu with 2 threads',
      'int8.onnx on cpu with 1 thread',
      'int8.onnx on cpu with 2 threads',
    ]);
  });

  it('tries reduced decoding only where a golden test can judge it', () => {
    const golden = {
      ...manifest,
      golden: [
        { input: 'a.jpg', expect: 'a.json', scoreTolerance: 0.1, iou: 0.9, pointTolerance: 0.05, angleTolerance: 0.1 },
      ],
    };
    const limits = { providers: ['cpu'], intraOpThreads: [1], reducedDecode: true } as const;
    expect(candidatesOf(golden, limits).map((one) => one.reducedDecode)).toEqual([false, true, false, true]);
  });
});
