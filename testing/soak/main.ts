import { parseArgs } from 'node:util';
import { faultsOfCameras, runCameraSoak } from './run-camera-soak.ts';
import { faultsOf, runSoak } from './run-soak.ts';
import type { SoakOptions } from './run-soak.ts';

const USAGE = 'usage: npm run soak -- [belt|cameras] [--minutes N] [--seed N]';

/** By name: what is run, to a report and what is wrong with it. */
const SOAKS: Readonly<
  Record<string, (options: SoakOptions & { readonly seed: number }) => Promise<readonly [object, readonly string[]]>>
> = {
  belt: async (options) => {
    const report = await runSoak(options);
    return [report, faultsOf(report)];
  },
  cameras: async (options) => {
    const report = await runCameraSoak(options);
    return [report, faultsOfCameras(report)];
  },
};

/**
 * `npm run soak -- --minutes 30`: one video without a fault. `npm run soak -- cameras --minutes 20`: four cameras and every fault. Prints the
 * report as JSON; exit code 1 if frames were lost, something restarted that should not, or something was left behind.
 */
async function main(): Promise<number> {
  const options = { minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const soak = SOAKS[positionals[0] ?? 'belt'];
  const [seconds, seed] = [Number(values.minutes) * 60, Number(values.seed)];
  if (!soak || !(seconds > 0) || !Number.isInteger(seed)) {
    console.error(USAGE);
    return 2;
  }
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error(name)));
  let said = 0;
  const onProgress = (what: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r${what.padEnd(78)}`);
    else if (said++ % 15 === 0) console.error(what);
  };
  const [report, faults] = await soak({ seconds, seed, signal: ended.signal, onProgress });
  console.log(JSON.stringify(report, undefined, 2));
  for (const fault of faults) console.error(fault);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main();
