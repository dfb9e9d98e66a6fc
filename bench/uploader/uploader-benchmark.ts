import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import type { CommandSpec } from '../../tools/cli/frame/command.ts';
import type { Output } from '../../tools/cli/frame/output.ts';
import { wholeNumber } from '../whole-number.ts';

export const uploaderBenchmark: CommandSpec<{ readonly samples: string }> = {
  usage: 'uploader',
  summary: 'samples that the feedback uploader takes, and bytes that it sends',
  options: (command) =>
    command.option('--samples <number>', 'samples of each size up to 200 kB, from 20; a quarter of them above', '400'),
  help: 'Prints Markdown tables, as they stand in docs/feedback.md.',
  run: async ({ options, out, signal }) => {
    const samples = wholeNumber('samples', options.samples, 20);
    out.line(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n`);
    await accepting(samples, out, signal);
    await uplink(out, signal);
  },
};

async function accepting(samples: number, out: Output, signal: AbortSignal): Promise<void> {
  const { measureAccepting } = await import('./accepting.ts');
  out.line(
    '| sample | callers | accepted per second | p50 | p99 | bare write + fsync, one after the other, per second |',
  );
  out.line('| --- | --- | --- | --- | --- | --- |');
  for (const bytes of [20_000, 200_000, 1_000_000]) {
    for (const callers of [1, 8, 32]) {
      const count = bytes > 500_000 ? Math.ceil(samples / 4) : samples;
      const one = await measureAccepting(bytes, callers, count, signal);
      const [rate, bare] = [one.samplesPerSecond.toFixed(0), one.bareFilesPerSecond.toFixed(0)];
      out.json(one);
      out.line(`| ${bytes / 1_000} kB | ${callers} | ${rate} | ${ms(one.p50Ms)} | ${ms(one.p99Ms)} | ${bare} |`);
    }
  }
}

async function uplink(out: Output, signal: AbortSignal): Promise<void> {
  const { measureBooking, measureBudget } = await import('./uplink.ts');
  out.line('\n| uplink | |\n| --- | --- |');
  for (const bytes of [2_000, 20_000, 200_000]) {
    const one = await measureBooking(bytes, 50, signal);
    out.json(one);
    out.line(`| booked for each byte on the wire, samples of ${bytes / 1_000} kB | ${one.bookedPerSent.toFixed(3)} |`);
  }
  for (const megabytes of [2, 20]) {
    const one = await measureBudget(megabytes * 1_000_000, 48, seeded(50_000, 350_000));
    out.json(one);
    out.line(`| ${megabytes} MB an hour, 48 hours of backlog: worst hour | ${percent(one.worstHour)} of the limit |`);
    out.line(`| ${megabytes} MB an hour, 48 hours of backlog: used | ${percent(one.used)} |`);
  }
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Uniform whole numbers, the same in every run. */
function seeded(from: number, to: number): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return from + (state % (to - from));
  };
}
