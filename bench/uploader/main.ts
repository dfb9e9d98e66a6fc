import { availableParallelism, cpus } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { measureAccepting } from './accepting.ts';
import { measureBooking, measureBudget } from './uplink.ts';

/** `npm run bench:feedback-uploader [-- --samples N]`: what the feedback uploader takes and what it sends, as Markdown tables. */
const { values } = parseArgs({ options: { samples: { type: 'string', default: '400' } } });
const samples = Number(values.samples);
if (!Number.isInteger(samples) || samples < 20) {
  console.error(`--samples ${values.samples} is no whole number from 20 up`);
  process.exit(2);
}

console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}\n`);
console.log(
  '| sample | callers | accepted per second | p50 | p99 | bare write + fsync, one after the other, per second |',
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const bytes of [20_000, 200_000, 1_000_000]) {
  for (const callers of [1, 8, 32]) {
    const one = await measureAccepting(bytes, callers, bytes > 500_000 ? Math.ceil(samples / 4) : samples);
    const [rate, bare] = [one.samplesPerSecond.toFixed(0), one.bareFilesPerSecond.toFixed(0)];
    console.log(`| ${bytes / 1_000} kB | ${callers} | ${rate} | ${ms(one.p50Ms)} | ${ms(one.p99Ms)} | ${bare} |`);
  }
}

console.log('\n| uplink | |\n| --- | --- |');
for (const bytes of [2_000, 20_000, 200_000]) {
  const { bookedPerSent } = await measureBooking(bytes, 50);
  console.log(`| booked for each byte on the wire, samples of ${bytes / 1_000} kB | ${bookedPerSent.toFixed(3)} |`);
}
for (const megabytes of [2, 20]) {
  const sizes = seeded(50_000, 350_000);
  const { worstHour, used } = await measureBudget(megabytes * 1_000_000, 48, sizes);
  console.log(`| ${megabytes} MB an hour, 48 hours of backlog: worst hour | ${percent(worstHour)} of the limit |`);
  console.log(`| ${megabytes} MB an hour, 48 hours of backlog: used | ${percent(used)} |`);
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
