import { existsSync } from 'node:fs';
import path from 'node:path';
import { sleep, systemClock } from '#packages/foundation';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import type { Counts } from '../../components/inference-app/statistics/statistics.ts';
import { skippedIn } from '../app/app-statistics.ts';
import { AGENT } from '../device/collection.ts';
import { pidsBelow } from '../process/process-facts.ts';
import { readBooks } from '../uploader/read-books.ts';
import type { Books } from '../uploader/read-books.ts';
import { Random } from '../vision/fuzz/random.ts';
import { appPid, faultsFor } from './faults.ts';
import type { Fault } from './faults.ts';
import { grownMemory } from './grown-memory.ts';
import { lookAtDevice } from './look-at-device.ts';
import { countFigures, ringBytes, ringFoldersOf } from './shared-memory.ts';
import type { CountFigures } from './shared-memory.ts';
import type { SoakOptions } from './run-soak.ts';
import type { CausedFault, SoakSample } from './series.ts';
import { CAMERAS, startSoakRig, UPLOADER } from './soak-rig.ts';
import type { SoakRig } from './soak-rig.ts';

export interface DeviceSoakOptions extends SoakOptions {
  /** The same number leads to the same faults in the same order. */
  readonly seed: number;
}

export interface DeviceSoakReport {
  readonly seconds: number;
  readonly seed: number;
  readonly faults: readonly CausedFault[];
  /** Faults that this machine does not allow, with the reason. */
  readonly leftOut: readonly string[];
  readonly samples: readonly SoakSample[];
  /** Frames, of the application that lived last. */
  readonly counts: Counts;
  /** Results on the local topic, of all applications. */
  readonly results: number;
  /** Feedback samples, since the beginning; undefined if the uploader did not answer at the end. */
  readonly books: Books | undefined;
  /** Objects in the store, and those of them that were written more than once. */
  readonly stored: { readonly objects: number; readonly twice: number };
  /** Requests that swaps cost, all together. */
  readonly lostInSwaps: number;
  /** Sources that gave frames again after the last fault. */
  readonly alive: readonly string[];
  /** Of shared memory, those of agents that were killed included as long as they are there. */
  readonly ringMB: CountFigures;
  /** Processes, and folders in shared memory, that were still there when the device had stopped. */
  readonly leftBehind: { readonly processes: number; readonly ringFolders: number };
}

/** For processes that end at the end. */
const LAST_END_MS = 30_000;
const LOOK_MS = 100;
const SAMPLE_MS = 2_000;
/** Every so many samples: a collection stops a process for some milliseconds, and takes away what it would have kept for long. */
const HEAP_SAMPLES = 10;
const FAULT_MS = 8_000;
/** Nothing is broken at the end, so that all can come back: a source waits up to 30 s before it tries again. */
const CALM_MS = 60_000;

/** A whole device with all that it talks to, which chance breaks. */
export async function runDeviceSoak({
  seconds,
  seed,
  signal,
  onProgress,
}: DeviceSoakOptions): Promise<DeviceSoakReport> {
  onProgress('building and deploying');
  const rig = await startSoakRig();
  const { root } = rig.device;
  const soak = new DeviceSoak(rig, seed, seconds, onProgress);
  try {
    const seen = await soak.run(signal);
    await rig.device.core.stop();
    const counts = rig.log.counts!;
    await rig.close();
    // An agent that is about to end takes its folder along.
    const ends = performance.now() + LAST_END_MS;
    while (pidsBelow(root).length > 0 && performance.now() < ends) await pause(LOOK_MS, signal);
    const ringFolders = [...soak.ringFolders].filter((folder) => existsSync(folder)).length;
    return { ...seen, counts, leftBehind: { processes: pidsBelow(root).length, ringFolders } };
  } finally {
    await rig.close();
  }
}

/** One run on a rig that is up. */
class DeviceSoak {
  readonly ringFolders = new Set<string>();
  readonly #rig: SoakRig;
  readonly #seed: number;
  readonly #random: Random;
  readonly #seconds: number;
  readonly #onProgress: (what: string) => void;
  readonly #startedAt = performance.now();
  readonly #uploader: FeedbackClient;
  readonly #samples: SoakSample[] = [];
  readonly #caused: CausedFault[] = [];
  /** Faults that are still being mended, by name. */
  readonly #running = new Map<string, Promise<void>>();
  readonly #ringMB: number[] = [];
  #results = 0;
  #lostInSwaps = 0;
  #lastLook = 0;

  constructor(rig: SoakRig, seed: number, seconds: number, onProgress: (what: string) => void) {
    this.#rig = rig;
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#seconds = seconds;
    this.#onProgress = onProgress;
    const socketPath = path.join(rig.device.root, 'work', UPLOADER, 'feedback.sock');
    this.#uploader = createFeedbackClient({ socketPath, timeoutMs: 5_000, maxConnections: 1 });
  }

  async run(signal: AbortSignal): Promise<Omit<DeviceSoakReport, 'counts' | 'leftBehind'>> {
    const { device, log, store, ballast } = this.#rig;
    const calm = new AbortController();
    const faults = faultsFor(this.#rig);
    let looking = Promise.resolve();
    const look = (): void => void (looking = looking.then(() => this.#look()));
    const timers = [setInterval(look, SAMPLE_MS), setInterval(() => this.#spoil(faults, calm.signal), FAULT_MS)];
    try {
      await log.until(() => this.#elapsed() >= this.#seconds - CALM_MS / 1_000, signal);
      clearInterval(timers[1]);
      calm.abort();
      await Promise.all(this.#running.values());
      await log.until(() => this.#elapsed() >= this.#seconds, signal);
    } finally {
      calm.abort();
      timers.forEach(clearInterval);
      await Promise.all(this.#running.values());
      await looking;
    }
    await this.#look();
    const sources = (log.counts as { readonly sources?: Record<string, { readonly isUp: boolean }> } | undefined)
      ?.sources;
    const books = await readBooks(this.#uploader).catch(() => undefined);
    this.#uploader.close();
    const times = [...store.stored].filter(([key]) => !key.endsWith('.json')).map(([, count]) => count);
    return {
      seconds: Math.round(this.#elapsed()),
      seed: this.#seed,
      faults: this.#caused,
      leftOut: ballast === undefined ? ['disk full: only root may mount a file system'] : [],
      samples: this.#samples,
      results: this.#results,
      books,
      stored: { objects: times.length, twice: times.filter((count) => count > 1).length },
      lostInSwaps: this.#lostInSwaps,
      alive: CAMERAS.filter((name) => sources?.[name]?.isUp === true && device.state(AGENT) === 'RUNNING'),
      ringMB: countFigures(this.#ringMB),
    };
  }

  #elapsed(): number {
    return (performance.now() - this.#startedAt) / 1_000;
  }

  async #look(): Promise<void> {
    const { device, log, heaps } = this.#rig;
    const pids = { application: appPid(this.#rig), agent: device.pids(AGENT)[0], uploader: device.pids(UPLOADER)[0] };
    // Samples are not kept, so that two days fit into memory.
    const results = device.results.all.splice(0);
    const events = device.events.all.splice(0);
    log.lines.splice(0);
    const seconds = Math.round(this.#elapsed() * 10) / 10;
    const waiting = (await readBooks(this.#uploader).catch(() => undefined))?.waiting;
    const periodSeconds = Math.max(0.1, seconds - this.#lastLook);
    this.#lastLook = seconds;
    const liveHeap = (pid: number): number | undefined => heaps.told(pid);
    this.#samples.push(lookAtDevice({ seconds, pids, results, periodSeconds, waiting, liveHeap }));
    if (this.#samples.length % HEAP_SAMPLES === 0)
      Object.values(pids).forEach((pid) => pid !== undefined && heaps.ask(pid));
    this.#results += results.filter(({ body }) => CAMERAS.includes(body['source'] as (typeof CAMERAS)[number])).length;
    this.#lostInSwaps += events.reduce((sum, { body }) => sum + Number(body['requestsLost'] ?? 0), 0);
    for (const folder of ringFoldersOf(pids.agent ?? -1)) this.ringFolders.add(folder);
    this.#ringMB.push(Math.round(ringBytes(this.ringFolders) / 1e5) / 10);
    this.#onProgress(
      `${Math.round(seconds)} of ${this.#seconds} s: ${this.#results} results, ${this.#caused.length} faults`,
    );
  }

  #spoil(faults: readonly Fault[], calm: AbortSignal): void {
    const hours = Math.ceil(this.#elapsed() / 3_600);
    const times = (name: string): number => this.#caused.filter((one) => one.name === name).length;
    const allowed = faults.filter(
      ({ name, perHour = Infinity }) =>
        !this.#running.has(name) && times(name) < perHour * hours && !this.#isDeploying(name),
    );
    const fault = this.#random.pick(allowed);
    const at = this.#caused.push({ seconds: Math.round(this.#elapsed()), name: fault.name }) - 1;
    const done = Promise.resolve(fault.cause(this.#random, (ms) => pause(ms, calm))).then(
      (outcome) => {
        if (outcome) this.#caused[at] = { ...this.#caused[at]!, outcome };
      },
      (error: unknown) => void (this.#caused[at] = { ...this.#caused[at]!, outcome: String(error) }),
    );
    this.#running.set(fault.name, done);
    void done.then(() => this.#running.delete(fault.name));
  }

  /** A core takes one deployment at a time. */
  #isDeploying(name: string): boolean {
    const deployments = ['model swapped', 'bad model deployed'];
    return deployments.includes(name) && deployments.some((one) => this.#running.has(one));
  }
}

async function pause(ms: number, calm: AbortSignal): Promise<void> {
  await sleep(systemClock, ms, calm).catch(() => undefined);
}

/** The reasons why the report is not what it should be; none if it is. */
export function faultsOfDevice(report: DeviceSoakReport): readonly string[] {
  const { counts, alive, books, stored, leftBehind, faults, samples } = report;
  const gone = CAMERAS.filter((name) => !alive.includes(name));
  const counted = counts.answered + skippedIn(counts);
  const grown = descriptorsGrown(samples);
  const taken = faults.filter(({ name, outcome }) => name === 'bad model deployed' && outcome === 'SUCCEEDED').length;
  const said = (holds: boolean, sentence: string): readonly string[] => (holds ? [] : [sentence]);
  return [
    ...said(gone.length === 0, `${gone.join(', ')} did not come back`),
    ...said(counted === counts.frames, `${counted} frames were processed or skipped, of ${counts.frames}`),
    ...said(counts.answered > 0, 'nothing was answered'),
    ...said(taken === 0, `${taken} damaged models were taken`),
    ...said(report.lostInSwaps === 0, `${report.lostInSwaps} requests were lost in swaps`),
    ...(books ? booksOff(books, stored) : ['the uploader did not answer at the end']),
    ...grownMemory(samples),
    ...said(grown <= MOST_DESCRIPTORS, `${grown} more descriptors than at the start`),
    ...said(leftBehind.processes === 0, `${leftBehind.processes} processes were left behind`),
    ...said(leftBehind.ringFolders === 0, `${leftBehind.ringFolders} folders in shared memory were left behind`),
  ];
}

function booksOff(
  { accepted, uploaded, evicted, waiting }: Books,
  stored: DeviceSoakReport['stored'],
): readonly string[] {
  const counted = uploaded + evicted + waiting;
  return [
    ...(counted === accepted ? [] : [`${counted} samples were uploaded, evicted or wait, of ${accepted} accepted`]),
    ...(stored.objects >= uploaded
      ? []
      : [`${uploaded} samples count as uploaded, ${stored.objects} are in the store`]),
    ...(stored.objects <= accepted ? [] : [`${stored.objects} objects were made of ${accepted} samples`]),
    ...(stored.twice === 0 ? [] : [`${stored.twice} samples were stored more than once`]),
  ];
}

/** Four sources have some pipes each, and a few connections to the agent. */
const MOST_DESCRIPTORS = 60;

function descriptorsGrown(samples: readonly SoakSample[]): number {
  const roles = ['application', 'agent', 'uploader'] as const;
  const grown = roles.map((role) => {
    const counts = samples.flatMap(({ descriptors }) => descriptors[role] ?? []);
    return (counts.at(-1) ?? 0) - (counts[Math.min(10, counts.length - 1)] ?? 0);
  });
  return Math.max(...grown);
}
