import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../../tools/bundle/project.ts';
import { faultsOfDevice, runDeviceSoak } from './run-device-soak.ts';
import type { DeviceSoakOptions } from './run-device-soak.ts';
import { faultsOf, runSoak } from './run-soak.ts';
import { soakPage } from './soak-page.ts';

const USAGE = 'usage: edgeml soak [device|belt] [--hours N | --minutes N] [--seed N] [--out FOLDER]';
const DEFAULT_MINUTES = 30;

/** By name: what is run into a folder, to what is wrong with it. */
const SOAKS: Readonly<Record<string, (options: DeviceSoakOptions, out: string) => Promise<readonly string[]>>> = {
  belt: async (options) => {
    const report = await runSoak(options);
    console.log(JSON.stringify(report, undefined, 2));
    return faultsOf(report);
  },
  device: async (options, out) => {
    const report = await runDeviceSoak(options);
    const wrong = faultsOfDevice(report);
    mkdirSync(out, { recursive: true });
    writeFileSync(path.join(out, 'report.json'), JSON.stringify(report));
    writeFileSync(path.join(out, 'report.html'), soakPage(report, wrong, new Date()));
    console.log(`${path.join(out, 'report.html')} has the curves, report.json beside it the numbers.`);
    return wrong;
  },
};

/**
 * `edgeml soak --hours 4 --seed 7`: a device with four cameras, store and broker, all of which break by chance, and swaps of good and bad
 * models; writes a report. `edgeml soak belt`: one video without a fault, the report as JSON. Exit code 1 if anything was lost, left
 * behind or did not come back.
 */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      hours: { type: 'string' },
      minutes: { type: 'string' },
      seed: { type: 'string', default: '1' },
      out: { type: 'string' },
    },
    allowPositionals: true,
  });
  const name = positionals[0] ?? 'device';
  const soak = SOAKS[name];
  const minutes = values.hours === undefined ? Number(values.minutes ?? DEFAULT_MINUTES) : Number(values.hours) * 60;
  const seed = Number(values.seed);
  if (!soak || !(minutes > 0) || !Number.isInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  const out = path.resolve(values.out ?? path.join(PROJECT, '.edgeml/soak', `seed-${seed}`));
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort(new Error(signal)));
  let said = 0;
  const onProgress = (what: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${what.padEnd(78)}`);
    else if (said++ % 15 === 0) console.error(what);
  };
  const wrong = await soak({ seconds: minutes * 60, seed, signal: ended.signal, onProgress }, out);
  for (const sentence of wrong) console.error(sentence);
  return wrong.length === 0 ? 0 : 1;
}

process.exitCode = await main();
