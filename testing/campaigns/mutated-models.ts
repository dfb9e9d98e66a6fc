import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sleep, systemClock } from '#packages/foundation';
import type { AgentClient } from '#packages/http';
import sharp from 'sharp';
import { startAgentProcess } from '../agent/agent-process.ts';
import { temporaryFolder } from '../agent/package-folder.ts';
import { SAMPLE_PACKAGE, sampleImages } from '../agent/sample-package.ts';
import { HOSTILE_GRAPHS } from '../vision/hostile-graphs.ts';
import { Bystander, count, total } from './bystander.ts';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { unless } from './campaign.ts';
import { hostilePackage, MUTANT, mutantPackage } from './mutant-packages.ts';

export interface MutatedOptions extends CampaignOptions {
  /** How many of the hostile models come after the mutated ones. Default: all. */
  readonly hostile?: number;
  /** How long the bystander is measured alone. Default 20. */
  readonly aloneSeconds?: number;
}

/** A deployed model that nobody trusts yet is bounded and stands back, or one of these would have the whole device. */
const CONFIGURATION = {
  LocalInferenceServiceTimeoutSeconds: 10,
  LoadTimeoutSeconds: 30,
  RetireGraceSeconds: 0,
  Services: {
    [MUTANT]: { LocalInferenceServiceTimeoutSeconds: 2, LocalInferenceServiceMemoryLimitKB: 400_000, Niceness: 19 },
  },
};

/** Activates damaged and hostile models one after the other and runs each, while another model answers all along. */
export async function mutatedModels(options: MutatedOptions): Promise<CampaignResult> {
  const { seed, times, bundleFolder, signal, onProgress, aloneSeconds = 20 } = options;
  const hostile = options.hostile ?? Object.keys(HOSTILE_GRAPHS).length;
  const folder = await temporaryFolder();
  const images = await sampleImages();
  const work = join(folder.path, 'work');
  const agent = await startAgentProcess(work, CONFIGURATION, bundleFolder === undefined ? {} : { bundleFolder });
  const { client } = agent;
  try {
    await client.activate({ path: SAMPLE_PACKAGE });
    const pictures = await Promise.all([plain(40), plain(255)]);
    const alone = await measured(client, images, () => sleep(systemClock, 1_000 * aloneSeconds, signal));
    const outcomes: Outcomes = { tally: {}, deadly: [] };
    const during = await measured(client, images, async () => {
      for (let index = 0; index < times + hostile && !agent.process.isOver; index++) {
        signal.throwIfAborted();
        onProgress(`model ${index + 1} of ${times + hostile}`);
        const models = join(folder.path, 'models');
        const path = await (index < times
          ? mutantPackage(models, seed + index)
          : hostilePackage(models, index - times));
        await tryModel(client, path, pictures, outcomes);
        await rm(path, { recursive: true, force: true });
      }
    });
    const alive = !agent.process.isOver;
    const p99Ratio = during.p99Ms / alone.p99Ms;
    const report = { seed, mutated: times, hostile, alive, ...outcomes, bystander: { alone, during, p99Ratio } };
    const lost = total(during.lost);
    return {
      report,
      faults: unless(
        [alive, `the agent ended: ${agent.process.lines.at(-1) ?? ''}`],
        [lost === 0, `${lost} requests of the other model were lost: ${JSON.stringify(during.lost)}`],
        [during.wrong === 0, `${during.wrong} answers of the other model were wrong`],
        [during.answers > 0, 'the other model never answered'],
      ),
      tooSlow: unless([p99Ratio <= 1.2, `p99 of the other model is ${p99Ratio.toFixed(2)} times that alone, not 1.2`]),
    };
  } finally {
    client.close();
    await agent.process.end();
    await folder.remove();
  }
}

async function measured(
  client: AgentClient,
  images: Awaited<ReturnType<typeof sampleImages>>,
  work: () => Promise<void>,
) {
  const bystander = new Bystander(client, images);
  try {
    await work();
  } finally {
    await bystander.end();
  }
  return bystander.end();
}

interface Outcomes {
  /** How often each code was met, or all pictures answered. */
  readonly tally: Record<string, number>;
  /** Packages that ended a process, and how. */
  readonly deadly: string[];
}

/** Anything that happens is an outcome, named by its code. */
async function tryModel(
  client: AgentClient,
  path: string,
  pictures: readonly Buffer[],
  { tally, deadly }: Outcomes,
): Promise<void> {
  try {
    await client.activate({ path });
    for (const picture of pictures) await client.invoke(MUTANT, picture, { contentType: 'image/png' });
    count(tally, { code: 'answered' });
  } catch (thrown) {
    count(tally, thrown);
    const { code = '', message } = thrown as { readonly code?: string; readonly message: string };
    if (code.startsWith('instance.')) deadly.push(`${basename(path)}: ${message}`);
  }
}

function plain(value: number): Promise<Buffer> {
  const background = { r: value, g: value, b: value };
  return sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();
}
