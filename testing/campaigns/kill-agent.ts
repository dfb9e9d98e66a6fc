import { join } from 'node:path';
import { quantile, sleep, systemClock } from '#packages/foundation';
import { startAgentProcess } from '../agent/agent-process.ts';
import type { AgentProcess } from '../agent/agent-process.ts';
import { samplePackage, SAMPLE_PACKAGE, sampleImages } from '../agent/sample-package.ts';
import { temporaryFolder } from '../agent/package-folder.ts';
import { childrenOf, isAlive } from '../process/process-facts.ts';
import { Random } from '../vision/fuzz/random.ts';
import { BYSTANDER, isRight } from './bystander.ts';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { unless } from './campaign.ts';

const SECOND = 'SecondModel';
const LONGEST_PAUSE_MS = 300;
const CHILDREN_GONE_MS = 1_000;
const ANSWERS_MS = 4_000;

/** Kills the agent again and again, at random moments of its work, and starts it again over the same folder. */
export async function killAgent(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, times, bundleFolder, signal, onProgress } = options;
  const random = new Random(seed);
  const folder = await temporaryFolder();
  const work = join(folder.path, 'work');
  const images = await sampleImages();
  const start = () => startAgentProcess(work, {}, bundleFolder === undefined ? {} : { bundleFolder });
  const gone: number[] = [];
  const answered: number[] = [];
  let [restored, wrong] = [0, 0];
  let agent = await start();
  try {
    await agent.client.activate({ path: SAMPLE_PACKAGE });
    const second = await samplePackage(join(folder.path, SECOND), '1.0.0');
    await agent.client.activate({ path: second, alias: SECOND });
    for (let kill = 1; kill <= times; kill++) {
      onProgress(`kill ${kill} of ${times}`);
      await busy(agent, images, random.below(LONGEST_PAUSE_MS), signal);
      gone.push(await killed(agent, signal));

      const startedAt = systemClock.monotonic();
      agent = await start();
      const right = await Promise.all([BYSTANDER, SECOND].map((name) => isRight(agent.client, name, images[0]!)));
      answered.push(systemClock.monotonic() - startedAt);
      wrong += right.filter((isIt) => !isIt).length;
      if ((await agent.client.models()).length === 2) restored++;
    }
    const childrenGone = { p95Ms: quantile(gone, 0.95), maxMs: Math.max(...gone) };
    const answers = { p50Ms: quantile(answered, 0.5), p95Ms: quantile(answered, 0.95), maxMs: Math.max(...answered) };
    return {
      report: { seed, kills: times, restored, wrong, childrenGone, answers },
      faults: unless(
        [restored === times, `the models were restored ${restored} of ${times} times`],
        [wrong === 0, `${wrong} answers were wrong`],
        [childrenGone.maxMs <= CHILDREN_GONE_MS, `children lived on for ${Math.round(childrenGone.maxMs)} ms`],
      ),
      tooSlow: unless([
        answers.p95Ms <= ANSWERS_MS,
        `the models answered again after ${Math.round(answers.p95Ms)} ms (p95), not ${ANSWERS_MS}`,
      ]),
    };
  } finally {
    agent.client.close();
    await agent.process.end('SIGKILL');
    await folder.remove();
  }
}

/** Asks until the moment has come; what is in flight then gets no answer, as it must be. */
async function busy(
  { client }: AgentProcess,
  images: Awaited<ReturnType<typeof sampleImages>>,
  pauseMs: number,
  signal: AbortSignal,
): Promise<void> {
  for (const image of images) void isRight(client, BYSTANDER, image).catch(() => undefined);
  await sleep(systemClock, pauseMs, signal);
}

/** @returns after how many milliseconds the last of its children had ended */
async function killed({ client, process: agent }: AgentProcess, signal: AbortSignal): Promise<number> {
  const children = childrenOf(agent.pid);
  const killedAt = systemClock.monotonic();
  await agent.end('SIGKILL');
  client.close();
  while (children.some(isAlive)) await sleep(systemClock, 5, signal);
  return systemClock.monotonic() - killedAt;
}
