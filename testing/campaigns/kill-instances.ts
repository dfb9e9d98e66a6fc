import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantile, sleep, systemClock } from '#packages/foundation';
import type { AgentClient } from '#packages/http';
import { startAgentProcess } from '../agent/agent-process.ts';
import { temporaryFolder } from '../agent/package-folder.ts';
import { SAMPLE_PACKAGE, sampleImages } from '../agent/sample-package.ts';
import type { SampleImage } from '../agent/sample-package.ts';
import { childrenOf } from '../process/process-facts.ts';
import { Random } from '../vision/fuzz/random.ts';
import { BYSTANDER as SERVICE, count, isRight, total } from './bystander.ts';
import type { CampaignOptions, CampaignResult } from './campaign.ts';
import { unless } from './campaign.ts';

export interface KillInstancesOptions extends CampaignOptions {
  /** Whether the model has a spare process. */
  readonly spare: boolean;
}

const CLIENTS = 8;
/** An answer so soon after a kill may have been on its way before. */
const ON_ITS_WAY_MS = 20;
const LONGEST_PAUSE_MS = 500;

/** Kills the process that serves again and again, at random moments, while clients ask without a break. */
export async function killInstances(options: KillInstancesOptions): Promise<CampaignResult> {
  const { seed, times, spare, bundleFolder, signal, onProgress } = options;
  const random = new Random(seed);
  const folder = await temporaryFolder();
  const configuration = { SpareInstance: spare, LocalInferenceServiceTimeoutSeconds: 30 };
  const bundles = bundleFolder === undefined ? {} : { bundleFolder };
  const agent = await startAgentProcess(join(folder.path, 'work'), configuration, bundles);
  try {
    await agent.client.activate({ path: SAMPLE_PACKAGE });
    const crowd = new Crowd(agent.client, await sampleImages());
    const firstAnswers: number[] = [];
    for (let kill = 1; kill <= times && !agent.process.isOver; kill++) {
      onProgress(`kill ${kill} of ${times}`);
      await crowd.nextAnswer();
      if (spare) await untilReady(agent.client, signal);
      await sleep(systemClock, random.below(LONGEST_PAUSE_MS), signal);
      const killedAt = systemClock.monotonic();
      const pid = servingProcess(agent.process.pid);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await sleep(systemClock, ON_ITS_WAY_MS, signal);
      await crowd.nextAnswer();
      firstAnswers.push(systemClock.monotonic() - killedAt);
    }
    const { answers, wrong, failed } = await crowd.end();
    const alive = !agent.process.isOver;
    const p95Ms = quantile(firstAnswers, 0.95);
    const goalMs = spare ? 1_000 : 3_000;
    const hanging = failed['agent.timeout'] ?? 0;
    const firstAnswer = { p50Ms: quantile(firstAnswers, 0.5), p95Ms, maxMs: Math.max(...firstAnswers) };
    return {
      report: { seed, kills: firstAnswers.length, spare, alive, answers, wrong, hanging, failed, firstAnswer },
      faults: unless(
        [alive, `the agent ended: ${agent.process.lines.at(-1) ?? ''}`],
        [wrong === 0, `${wrong} answers were wrong`],
        [hanging === 0, `${hanging} requests were never answered`],
        [total(failed) === 0, `${total(failed)} requests failed: ${JSON.stringify(failed)}`],
      ),
      tooSlow: unless([p95Ms <= goalMs, `the first answer came after ${Math.round(p95Ms)} ms (p95), not ${goalMs}`]),
    };
  } finally {
    agent.client.close();
    await agent.process.end();
    await folder.remove();
  }
}

/** Clients that ask one after the other, each without a break. */
class Crowd {
  readonly #failed: Record<string, number> = {};
  readonly #clients: Promise<unknown>;
  #answers = 0;
  #wrong = 0;
  #isOver = false;
  #waiting: (() => void)[] = [];

  constructor(client: AgentClient, images: readonly SampleImage[]) {
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, (_, index) => this.#ask(client, images, index)));
  }

  /** Resolves with the next answer that any of them gets, right or wrong. */
  nextAnswer(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async end() {
    this.#isOver = true;
    await this.#clients;
    return { answers: this.#answers, wrong: this.#wrong, failed: this.#failed };
  }

  async #ask(client: AgentClient, images: readonly SampleImage[], first: number): Promise<void> {
    for (let index = first; !this.#isOver; index++) {
      try {
        if (!(await isRight(client, SERVICE, images[index % images.length]!))) this.#wrong++;
        this.#answers++;
        for (const resolve of this.#waiting.splice(0)) resolve();
      } catch (thrown) {
        count(this.#failed, thrown);
      }
    }
  }
}

/** The child that computes most: a spare one has hardly computed since it was loaded. */
function servingProcess(agentPid: number): number | undefined {
  const times = childrenOf(agentPid).map((pid) => ({ pid, ticks: ticksOf(pid) }));
  return times.sort((a, b) => b.ticks - a.ticks)[0]?.pid;
}

/** Ticks that a process has computed (proc(5), utime); 0 if it is gone. */
function ticksOf(pid: number): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')[11],
    );
  } catch {
    return 0;
  }
}

async function untilReady(client: AgentClient, signal: AbortSignal): Promise<void> {
  for (;;) {
    const status = (await client.models()).find(({ alias }) => alias === SERVICE);
    if (status?.spare === 'ready') return;
    await sleep(systemClock, 50, signal);
  }
}
