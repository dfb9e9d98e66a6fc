import { inputOf } from '#packages/model-package';
import type { InputSpec } from '#packages/model-package';
import type { Inference } from '#packages/vision';
import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';

import type { BufferPool } from '../buffers/buffer-pool.ts';
import { inputOfPicture, inputOfTensors } from '../killer-inputs/input.ts';
import type { Input } from '../killer-inputs/input.ts';
import type { KillerInput } from '../killer-inputs/killer-input.ts';
import type { KillerInputs } from '../killer-inputs/killer-inputs.ts';
import { memoryOfPicture } from '../picture/picture.ts';
import type { Picture } from '../picture/picture.ts';
import type { ModelCaches } from './cache/model-caches.ts';
import type { PackageCache } from './cache/package-cache.ts';
import { capacityOf } from './capacity.ts';
import { agentErrors } from '../errors.ts';
import type {
  ModelInstance,
  InstanceFacts,
  InstanceFault,
  InstanceSpec,
  Isolation,
  OpenInstance,
  OpenWatch,
  TensorFeeds,
  TensorRun,
} from './model-instance.ts';
import type { WorkerPlan } from './protocol.ts';
import type { Executor, OpenExecutor } from './executor.ts';

export interface WorkerInstancePorts {
  readonly clock: Clock;
  /** Takes the memory of inputs back. */
  readonly buffers: BufferPool;
  /** How a model is run, by what its service asks for. */
  readonly executors: Readonly<Record<Isolation, OpenExecutor>>;
  readonly killers: KillerInputs;
  /** Optimised models and remembered choices; without it each start makes them anew. */
  readonly caches?: ModelCaches;
}

/** Opens instances in processes or threads. */
export function workerInstances(ports: WorkerInstancePorts): OpenInstance {
  return async (spec, watch) => {
    const instance = new WorkerInstance(ports, spec);
    try {
      await instance.open(watch);
      return instance;
    } catch (thrown) {
      await instance.close();
      throw thrown;
    }
  };
}

/** Delay before the first restart of a lost worker; doubled each time up to the last, until a worker has answered. */
const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 60_000;
const MAX_STUCK = 2;
/** Of a request that did nothing wrong. */
const MAX_REPEATS = 3;
/** Errors of the request that was at work when its process ended, and of no other. */
const KILLED_BY_INPUT = ['instance.worker-crashed', 'instance.worker-stuck', 'instance.memory-exceeded'];

class WorkerInstance implements ModelInstance {
  readonly capacity: number;
  readonly #ports: WorkerInstancePorts;
  readonly #spec: InstanceSpec;
  /** Those that serve. */
  readonly #executors = new Set<Executor>();
  /** Loaded, and used only once one of those is lost. */
  #spare: Executor | undefined;
  readonly #closing = new AbortController();
  readonly #freeListeners: (() => void)[] = [];
  readonly #faultListeners: ((fault: InstanceFault) => void)[] = [];
  readonly #restarts = new Set<() => void>();
  readonly #starting = new Set<Promise<void>>();
  /** Requests that are to be repeated, until an executor is free. */
  readonly #waiting = new Set<() => void>();
  /** Undefined where nothing can be kept: then each start does all anew. */
  #cache: PackageCache | undefined;
  #facts: InstanceFacts | undefined;
  #restartMs = FIRST_RESTART_MS;
  /** Workers given up that have not come back. */
  #stuck = 0;

  constructor(ports: WorkerInstancePorts, spec: InstanceSpec) {
    this.#ports = ports;
    this.#spec = spec;
    this.capacity = capacityOf(spec.settings);
  }

  get facts(): InstanceFacts {
    if (!this.#facts) throw new Error('the instance is not open');
    return this.#facts;
  }

  get free(): number {
    let free = 0;
    for (const executor of this.#executors) free += executor.free;
    return free;
  }

  async open(watch: OpenWatch): Promise<void> {
    const { workers, spare } = this.#spec.settings;
    const cache = await this.#ports.caches?.of(this.#spec.packageHash).catch(() => undefined);
    this.#cache = cache;
    try {
      const first = await this.#start(this.#firstPlan(), watch, true);
      this.#facts = first.facts;
      // Now, before anybody's input has reached that process.
      const { learned } = first.facts;
      if (learned) await cache?.keep(learned, this.#spec.hashes).catch(() => undefined);
    } finally {
      await cache?.end().catch(() => undefined);
    }
    const others = Array.from({ length: workers - 1 }, () => this.#start(this.#sameAgain(), quiet(watch), true));
    await Promise.all(others);
    // The model serves without it.
    if (spare) this.#startAnother();
  }

  get spare(): 'ready' | 'loading' | undefined {
    if (!this.#spec.settings.spare) return undefined;
    return this.#spare ? 'ready' : 'loading';
  }

  get killerInputs(): readonly KillerInput[] {
    return this.#ports.killers.of(this.#spec.packageHash);
  }

  infer(picture: Picture, contentType?: string): Promise<Inference> {
    return this.#ask(memoryOfPicture(picture), inputOfPicture(picture), (executor) =>
      executor.infer(picture, contentType),
    );
  }

  inferTensors(feeds: TensorFeeds): Promise<TensorRun> {
    return this.#ask(feeds.memory, inputOfTensors(feeds.tensors), (executor) => executor.inferTensors(feeds));
  }

  onFree(listener: () => void): void {
    this.#freeListeners.push(listener);
  }

  onFault(listener: (fault: InstanceFault) => void): void {
    this.#faultListeners.push(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort(ended());
    for (const cancel of this.#restarts) cancel();
    const all = this.#spare ? [...this.#executors, this.#spare] : [...this.#executors];
    this.#spare = undefined;
    await Promise.all([...all.map((executor) => executor.close()), ...this.#starting]);
    this.#executors.clear();
    this.#freed();
  }

  /** @param memory in which the input lies; it goes back to the pool, unless a thread has taken it with it */
  async #ask<Answer>(
    memory: ArrayBuffer | undefined,
    input: Input,
    ask: (executor: Executor) => Promise<Answer>,
  ): Promise<Answer> {
    const { packageHash, settings } = this.#spec;
    const { killers, buffers } = this.#ports;
    try {
      if (this.#closing.signal.aborted) throw ended();
      let executor = this.#freest();
      if (!executor) throw agentErrors.error('instance.busy', 'all workers of the model are busy');
      if (killers.mayHold(packageHash, input.bytes)) {
        const refusal = killers.refusal(packageHash, await input.parts());
        if (refusal) throw refusal;
        executor = await this.#nextFree();
      }
      const answer = await ask(executor).catch((thrown: unknown) => this.#askAgain(thrown, ask, MAX_REPEATS));
      this.#restartMs = FIRST_RESTART_MS;
      return answer;
    } catch (thrown) {
      if (isEdgeError(thrown) && KILLED_BY_INPUT.includes(thrown.code)) {
        // A file that cannot be read any more leaves nothing to be remembered.
        const parts = await input.parts().catch(() => []);
        killers.record(packageHash, parts, thrown.message, settings.keepKillerInputs);
      }
      throw thrown;
    } finally {
      if (memory) buffers.give(memory);
      this.#freed();
    }
  }

  /** A request that only waited in a process that another request, or something outside, brought down is repeated on the next one. */
  async #askAgain<Answer>(
    thrown: unknown,
    ask: (executor: Executor) => Promise<Answer>,
    times: number,
  ): Promise<Answer> {
    if (!isEdgeError(thrown) || thrown.code !== 'instance.worker-lost' || times === 0) throw thrown;
    const executor = await this.#nextFree();
    return ask(executor).catch((again: unknown) => this.#askAgain(again, ask, times - 1));
  }

  /** @throws EdgeError `instance.ended` */
  async #nextFree(): Promise<Executor> {
    for (;;) {
      const executor = this.#freest();
      if (executor) return executor;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      if (this.#closing.signal.aborted) throw ended();
    }
  }

  #freed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** An idle executor before one that would only prepare the image for now. */
  #freest(): Executor | undefined {
    let freest: Executor | undefined;
    for (const executor of this.#executors) if (executor.free > (freest?.free ?? 0)) freest = executor;
    return freest;
  }

  /** @param inBackground whether what serves comes first until it is loaded */
  async #start(plan: WorkerPlan, watch: OpenWatch, inBackground: boolean): Promise<Executor> {
    const { settings, manifest } = this.#spec;
    const inputOfVariant = ({ variant }: InstanceFacts): InputSpec =>
      inputOf(manifest, manifest.variants.find(({ file }) => file === variant) ?? manifest.variants[0]);
    const executor = await this.#ports.executors[settings.isolation]({
      plan,
      ...(settings.prepareAhead ? { prepareAhead: inputOfVariant } : {}),
      ...(settings.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: settings.memoryLimitBytes }),
      ...(settings.cpuCores === undefined ? {} : { cpuCores: settings.cpuCores }),
      niceness: settings.niceness,
      inBackground,
      clock: this.#ports.clock,
      loadTimeoutMs: settings.loadTimeoutMs,
      stuckAfterMs: settings.stuckAfterMs,
      signal: AbortSignal.any([watch.signal, this.#closing.signal]),
      progress: (step) => watch.progress(step),
    });
    if (this.#closing.signal.aborted) {
      await executor.close();
      throw ended();
    }
    if (this.#isComplete) this.#spare = executor;
    else this.#executors.add(executor);
    void executor.lost.then((error) => this.#replace(executor, error));
    this.#freed();
    return executor;
  }

  /** Whether as many serve as the service asks for. */
  get #isComplete(): boolean {
    return this.#executors.size >= this.#spec.settings.workers;
  }

  #replace(executor: Executor, error: EdgeError): void {
    if (this.#spare === executor) this.#spare = undefined;
    this.#executors.delete(executor);
    if (this.#spare && !this.#isComplete) {
      this.#executors.add(this.#spare);
      this.#spare = undefined;
      this.#cameBack();
    }
    const stuck = error.code === 'instance.worker-stuck';
    if (stuck) this.#stuck++;
    void executor.exited.then(() => stuck && this.#stuck--);
    this.#report({ reason: stuck ? 'stuck' : isKilled(error) ? 'killed' : 'crashed', message: error.message });
    this.#restartLater();
  }

  #restartLater(): void {
    if (this.#closing.signal.aborted) return;
    const cancel = this.#ports.clock.after(this.#restartMs, () => {
      this.#restarts.delete(cancel);
      this.#startAnother();
    });
    this.#restarts.add(cancel);
    this.#restartMs = Math.min(2 * this.#restartMs, LAST_RESTART_MS);
  }

  /** In the place of one that was lost, or as the spare. */
  #startAnother(): void {
    const work = this.#tryToStart().finally(() => this.#starting.delete(work));
    this.#starting.add(work);
  }

  async #tryToStart(): Promise<void> {
    try {
      // Each holds its memory and a core until it comes back.
      if (this.#stuck > MAX_STUCK)
        throw new Error(`${this.#stuck} workers are stuck; no more are started before one comes back`);
      const watch = { signal: this.#closing.signal, progress: () => undefined };
      await this.#start(this.#sameAgain(), watch, this.#isComplete);
    } catch (thrown) {
      if (this.#closing.signal.aborted) return;
      this.#report({ reason: isKilled(thrown) ? 'killed' : 'restart-failed', message: messageOf(thrown) });
      this.#restartLater();
      return;
    }
    this.#cameBack();
  }

  #cameBack(): void {
    this.#freed();
    for (const listener of this.#freeListeners) listener();
  }

  #report(fault: InstanceFault): void {
    for (const listener of this.#faultListeners) listener(fault);
  }

  /** The plan of a worker that does what the first one found out: same file, same provider, no second test. */
  #sameAgain(): WorkerPlan {
    const { variant, provider, intraOpThreads } = this.facts;
    const { cache: _forFirst, ...plan } = this.#firstPlan();
    const cache = this.#cache ? { cache: this.#cache.forOthers } : {};
    return { ...plan, ...cache, chosen: { file: variant, provider, intraOpThreads }, golden: false };
  }

  #firstPlan(): WorkerPlan {
    const { packageDir, packageHash, hashes, manifest, labels, settings } = this.#spec;
    return {
      packageDir,
      packageHash,
      hashes,
      manifest,
      labels,
      providers: settings.providers,
      requireProvider: settings.requireProvider,
      threadsToTry: settings.threadsToTry,
      spinning: settings.spinning,
      golden: settings.golden === 'on',
      ...(settings.maxLatencyMs === undefined ? {} : { maxLatencyMs: settings.maxLatencyMs }),
      ...(this.#cache ? { cache: this.#cache.forFirst } : {}),
    };
  }
}

function quiet(watch: OpenWatch): OpenWatch {
  return { signal: watch.signal, progress: () => undefined };
}

function isKilled(thrown: unknown): boolean {
  return isEdgeError(thrown) && thrown.code === 'instance.worker-killed';
}

function ended(): EdgeError {
  return agentErrors.error('instance.ended', 'the model was taken out of service');
}
