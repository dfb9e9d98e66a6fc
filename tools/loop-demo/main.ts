import { setMaxListeners } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { disableOnnxTelemetry, quietAwsSdk } from '#packages/foundation';
import { PROJECT } from '../bundle/project.ts';
import { goalsOf } from './goals.ts';
import { reportPage } from './report/page.ts';
import { goalLines } from './report/goal-lines.ts';
import { runDemo } from './run-demo.ts';

const USAGE = `usage: edgeml loop demo [--seed N] [--folder DIR]

Runs the whole loop on this machine, without a cloud: a fleet of 200 simulated devices, five of them whole agents; a lamp that
fails and a part that is new; drift, samples, a data set, a training on the CPU, a challenger, canaries, rings. Writes report.html.

  --seed N      order of the pictures, and the training (default: 1)
  --folder DIR  where everything that the run makes goes (default: .edgeml/loop-demo)

EDGEML_PYTHON names a Python with the packages of artifacts/training/requirements.txt; without it they are installed below .edgeml/cache.
Ends with 1 if a goal is missed.`;

/** `edgeml loop demo`. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string', default: '1' }, folder: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const seed = Number(values.seed);
  if (values.help === true || positionals.join(' ') !== 'demo' || !Number.isSafeInteger(seed)) {
    (values.help === true ? console.log : console.error)(USAGE);
    return values.help === true ? 0 : 2;
  }
  const folder = path.resolve(values.folder ?? path.join(PROJECT, '.edgeml/loop-demo'));
  disableOnnxTelemetry();
  quietAwsSdk();
  const ended = new AbortController();
  // Heartbeats of many devices are read at once.
  setMaxListeners(0, ended.signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort(new Error(signal)));
  const result = await runDemo({ seed, folder, signal: ended.signal, say: (what) => console.error(what) });
  const goals = goalsOf(result);
  await writeFile(path.join(folder, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  await writeFile(path.join(folder, 'report.html'), reportPage(result, goals, new Date()));
  for (const line of goalLines(goals)) console.log(line);
  console.log(`Report: ${path.join(folder, 'report.html')}`);
  return goals.every(({ isReached }) => isReached) ? 0 : 1;
}

process.exitCode = await main();
