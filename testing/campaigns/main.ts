import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { driftStreams, driftVectors } from './drift/drift-streams.ts';
import { killAgent } from './kill-agent.ts';
import { killInstances } from './kill-instances.ts';
import { mutatedModels } from './mutated-models.ts';
import { restartApplication } from './restart-application.ts';

const CAMPAIGNS: Readonly<
  Record<string, { times: number; run: (options: CampaignOptions) => Promise<CampaignResult> }>
> = {
  'mutated-models': { times: 2_400, run: mutatedModels },
  'kill-instances': { times: 200, run: (options) => killInstances({ ...options, spare: false }) },
  'kill-instances-with-spare': { times: 200, run: (options) => killInstances({ ...options, spare: true }) },
  'drift-streams': { times: 1_000, run: driftStreams },
  'drift-vectors': { times: 500, run: driftVectors },
  'kill-agent': { times: 200, run: killAgent },
  'restart-application': { times: 20, run: restartApplication },
};

/**
 * `npm run campaign -- <name> [--times N] [--seed N]`: prints the report as JSON. Exit code 1 if something was wrong or lost, 3 if
 * only times were too long.
 */
async function main(): Promise<number> {
  const options = { times: { type: 'string' }, seed: { type: 'string', default: '1' } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const campaign = CAMPAIGNS[positionals[0] ?? ''];
  const times = Number(values.times ?? campaign?.times);
  const seed = Number(values.seed);
  if (!campaign || !Number.isInteger(seed) || !(times >= 1)) {
    console.error(`usage: npm run campaign -- ${Object.keys(CAMPAIGNS).join('|')} [--times N] [--seed N]`);
    return 2;
  }
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => ended.abort(new Error(name)));
  const bundleFolder = await mkdtemp(path.join(tmpdir(), 'edgeml-campaign-'));
  try {
    const result = await campaign.run({ seed, times, bundleFolder, signal: ended.signal, onProgress });
    console.log(JSON.stringify(result.report, undefined, 2));
    for (const sentence of [...result.faults, ...result.tooSlow]) console.error(sentence);
    if (result.faults.length > 0) return 1;
    return result.tooSlow.length > 0 ? 3 : 0;
  } finally {
    await rm(bundleFolder, { recursive: true, force: true });
  }
}

let said = 0;
function onProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${what.padEnd(78)}`);
  else if (said++ % 50 === 0) console.error(what);
}

process.exitCode = await main();
