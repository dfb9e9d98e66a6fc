import { parseArgs } from 'node:util';
import { faultsOf, runSoak } from './run-soak.ts';

/** `npm run soak -- --minutes 30`: prints the report as JSON; exit code 1 where frames were lost or something restarted. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
  const seconds = Number(values.minutes) * 60;
  if (!(seconds > 0)) {
    console.error(`--minutes is ${values.minutes}; give a number above 0`);
    return 2;
  }
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error(name)));
  let said = 0;
  const report = await runSoak({
    seconds,
    signal: ended.signal,
    onProgress: (what) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${what.padEnd(78)}`);
      else if (said++ % 15 === 0) console.error(what);
    },
  });
  console.log(JSON.stringify(report, undefined, 2));
  const faults = faultsOf(report);
  for (const fault of faults) console.error(fault);
  return faults.length === 0 ? 0 : 1;
}

process.exitCode = await main();
