import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantile } from '#packages/foundation';
import type { AgentClient, ChallengerReport } from '#packages/http';
import { startAgentProcess } from '../../testing/agent/agent-process.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import { sample } from '../../testing/device/samples.ts';
import { photoOf } from '../agent/photo.ts';

export interface BesideOptions {
  /** Of all blocks together. */
  readonly requests: number;
  /** Of each kind. */
  readonly blocks: number;
  readonly sharePercent: number;
  readonly cpuPercent: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

export interface BesideReport {
  readonly requests: number;
  readonly blocks: number;
  readonly sharePercent: number;
  readonly cpuPercent: number;
  readonly alone: Latency;
  /** While a challenger runs beside it. */
  readonly beside: Latency;
  /** While a challenger is loaded, tested and ended. */
  readonly changing: Latency;
  /** `beside` as a multiple of `alone`. */
  readonly ratio: { readonly p50: number; readonly p99: number };
  /** Requests that got no answer, or one of the challenger. */
  readonly lost: number;
  readonly comparison: Pick<ChallengerReport['comparison'], 'frames' | 'failed' | 'skipped'>;
}

/** As a client sees it, in milliseconds. */
interface Latency {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const SERVICE = 'PartsDetector';
const PHOTO_BYTES = 200_000;
/** Of each block, not measured. */
const WARM_UP = 10;

/**
 * Measures the cost of a challenger for the model that serves: blocks without and with one take turns (ABAB), so that other load on the machine
 * falls on both. One client asks without a break.
 */
export async function measureBeside(options: BesideOptions): Promise<BesideReport> {
  const { requests, blocks, sharePercent, cpuPercent, signal, onProgress } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-bench-'));
  const [champion, challenger] = ['1.1.0', '1.2.0'].map((version) => path.join(folder, version)) as [string, string];
  for (const one of [champion, challenger]) await detectorVersion(one, path.basename(one));
  const configuration = { ChallengerShare: sharePercent, ChallengerCpuShare: cpuPercent, SignaturePolicy: 'off' };
  onProgress('Starting the agent …');
  const agent = await startAgentProcess(path.join(folder, 'work'), configuration, {
    bundleFolder: path.join(folder, 'bundles'),
  });
  const { client } = agent;
  try {
    await client.activate({ path: path.join(champion, 'package') }, { signal });
    const asking = new Asking(client, await photoOf(sample('belt-17.jpg'), PHOTO_BYTES), signal);
    const each = Math.ceil(requests / blocks / 2);
    const [alone, beside, changing]: [number[], number[], number[]] = [[], [], []];
    let comparison: BesideReport['comparison'] = {
      frames: 0,
      failed: 0,
      skipped: { busy: 0, budget: 0, queue: 0, gone: 0 },
    };
    for (let block = 1; block <= blocks; block++) {
      onProgress(`Block ${block} of ${blocks}: alone …`);
      alone.push(...(await asking.block(each)));
      const started = client.activate({ path: path.join(challenger, 'package'), role: 'challenger' }, { signal });
      changing.push(...(await asking.during(started)));
      onProgress(`Block ${block} of ${blocks}: beside a challenger …`);
      beside.push(...(await asking.block(each)));
      // The same two go on where the last block ended, so that the last report counts all.
      comparison = (await client.challengers())[0]?.comparison ?? comparison;
      changing.push(...(await asking.during(client.stopChallenger(SERVICE))));
    }
    const [a, b] = [latencyOf(alone), latencyOf(beside)];
    return {
      requests: a.requests + b.requests,
      blocks,
      sharePercent,
      cpuPercent,
      alone: a,
      beside: b,
      changing: latencyOf(changing),
      ratio: { p50: b.p50Ms / a.p50Ms, p99: b.p99Ms / a.p99Ms },
      lost: asking.lost,
      comparison,
    };
  } finally {
    client.close();
    agent.process.kill();
    await agent.process.exit;
    await rm(folder, { recursive: true, force: true });
  }
}

/** One client. */
class Asking {
  lost = 0;
  readonly #client: AgentClient;
  readonly #photo: Buffer;
  readonly #signal: AbortSignal;

  constructor(client: AgentClient, photo: Buffer, signal: AbortSignal) {
    this.#client = client;
    this.#photo = photo;
    this.#signal = signal;
  }

  /** Latencies of so many requests, after a warm-up. */
  async block(requests: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let n = 0; n < WARM_UP + requests; n++) times.push(await this.#ask());
    return times.slice(WARM_UP);
  }

  /** Latencies until `work` has ended, one at least. */
  async during(work: Promise<unknown>): Promise<readonly number[]> {
    const times: number[] = [];
    let isOver = false;
    const end = work.finally(() => (isOver = true));
    end.catch(() => undefined);
    do times.push(await this.#ask());
    while (!isOver);
    await end;
    return times;
  }

  async #ask(): Promise<number> {
    const startedAt = performance.now();
    try {
      const call = { contentType: 'image/jpeg', signal: this.#signal };
      const { model } = await this.#client.invoke(SERVICE, this.#photo, call);
      if (model.version !== '1.1.0') this.lost++;
    } catch {
      this.#signal.throwIfAborted();
      this.lost++;
    }
    return performance.now() - startedAt;
  }
}

function latencyOf(times: readonly number[]): Latency {
  return { requests: times.length, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}
