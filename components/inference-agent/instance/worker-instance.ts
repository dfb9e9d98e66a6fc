import { inputOf } from '#packages/model-package';
import type { InputSpec } from '#packages/model-package';
import type { Inference } from '#packages/vision';
import { isEdgeError } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';

import type { BufferPool } from '../buffers/buffer-pool.ts';
import { hashOf, inputOfPicture, inputOfTensors } from '../killer-inputs/input.ts';
import type { Input } from '../killer-inputs/input.ts';
import type { KillerInput } from '../killer-inputs/killer-input.ts';
import { MAX_COPIED_BYTES } from '../killer-inputs/inputs-at-work.ts';
import type { InputsAtWork } from '../killer-inputs/inputs-at-work.ts';
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
import type { Preparing, WorkerPlan } from './protocol.ts';
import { ExecutorPool } from './executor-pool.ts';
import type { Executor, OpenExecutor } from './executor.ts';

export interface WorkerInstancePorts {
  readonly clock: Clock;
  /** Takes the memory of inputs back. */
  readonly buffers: BufferPool;
  /** How a model is run, by what its service asks for. */
  readonly executors: Readonly<Record<Isolation, OpenExecutor>>;
  readonly killers: KillerInputs;
  /** Tells the next agent what threads were at when this one ended; without it such an input is run again and again. */
  readonly atWork?: InputsAtWork;
  /** Optimized models and remembered choices; without it each start makes them again. */
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

/** Of a request that did nothing wrong. */
const MAX_REPEATS = 3;
/** Errors of the request that was at work when its process ended, and of no other. */
const KILLED_BY_INPUT = ['instance.worker-crashed', 'instance.worker-stuck', 'instance.memory-exceeded'];

class WorkerInstance implements ModelInstance {
  readonly capacity: number;
  readonly #ports: WorkerInstancePorts;
  readonly #spec: InstanceSpec;
  readonly #executors: ExecutorPool;
  readonly #closing = new AbortController();
  readonly #freeListeners: (() => void)[] = [];
  readonly #faultListeners: ((fault: InstanceFault) => void)[] = [];
  /** Undefined if nothing can be kept: then each start does all again. */
  #cache: PackageCache | undefined;
  #facts: InstanceFacts | undefined;
  constructor(ports: WorkerInstancePorts, given: InstanceSpec) {
    // Nothing is prepared for a model that takes no images.
    const spec = given.manifest.input ? given : { ...given, settings: { ...given.settings, prepareAhead: false } };
    this.#ports = ports;
    this.#spec = spec;
    this.capacity = capacityOf(spec.settings);
    this.#executors = new ExecutorPool({
      clock: ports.clock,
      workers: spec.settings.workers,
      spare: spec.settings.spare,
      closing: this.#closing.signal,
      startAnother: (inBackground) => this.#start(this.#sameAgain(), UNWATCHED, inBackground),
      onFault: (fault) => {
        for (const listener of this.#faultListeners) listener(fault);
      },
      onFree: () => {
        for (const listener of this.#freeListeners) listener();
      },
    });
  }

  get facts(): InstanceFacts {
    if (!this.#facts) throw new Error('the instance is not open');
    return this.#facts;
  }

  get free(): number {
    return this.#executors.free;
  }

  async open(watch: OpenWatch): Promise<void> {
    const { workers } = this.#spec.settings;
    const { inBackground = true } = watch;
    // An optimized model would lie on the disk as it is: of an encrypted one none is kept.
    const isEncrypted = this.#spec.dataKey !== undefined;
    const cache = isEncrypted ? undefined : await this.#ports.caches?.of(this.#spec.packageHash).catch(() => undefined);
    this.#cache = cache;
    try {
      const first = await this.#start(this.#firstPlan(), watch, inBackground);
      this.#facts = first.facts;
      // Now, before anybody's input has reached that process.
      const { learned } = first.facts;
      if (learned) await cache?.keep(learned, this.#spec.hashes).catch(() => undefined);
    } finally {
      await cache?.end().catch(() => undefined);
    }
    const others = Array.from({ length: workers - 1 }, () =>
      this.#start(this.#sameAgain(), quiet(watch), inBackground),
    );
    await Promise.all(others);
    this.#executors.fillUp();
  }

  get spare(): 'ready' | 'loading' | undefined {
    return this.#executors.spare;
  }

  get memoryBytes(): number | undefined {
    return this.#executors.memoryBytes;
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
    await this.#executors.close();
  }

  /** @param memory in which the input lies; it goes back to the pool, unless a thread has taken it with it */
  async #ask<Answer>(
    memory: ArrayBuffer | undefined,
    input: Input,
    ask: (executor: Executor) => Promise<Answer>,
  ): Promise<Answer> {
    const { packageHash, settings } = this.#spec;
    const { killers, buffers } = this.#ports;
    let noted: Noted | undefined;
    try {
      if (this.#closing.signal.aborted) throw ended();
      let executor = this.#executors.freest();
      if (!executor) throw agentErrors.error('instance.busy', 'all workers of the model are busy');
      if (killers.mayHold(packageHash, input.bytes)) {
        const refusal = killers.refusal(packageHash, await input.parts());
        if (refusal) throw refusal;
        executor = await this.#executors.nextFree();
      }
      if (settings.isolation === 'thread') noted = this.#note(input);
      const answer = await ask(executor).catch((thrown: unknown) => this.#askAgain(thrown, ask, MAX_REPEATS));
      this.#executors.answered();
      if (noted?.suspect !== undefined) killers.acquit(packageHash, noted.suspect);
      return answer;
    } catch (thrown) {
      if (isEdgeError(thrown) && KILLED_BY_INPUT.includes(thrown.code)) {
        // A file that cannot be read any more leaves nothing to be remembered.
        const parts = await input.parts().catch(() => []);
        killers.record(packageHash, parts, thrown.message, settings.keepKillerInputs);
      }
      throw thrown;
    } finally {
      noted?.done();
      if (memory) buffers.give(memory);
      this.#executors.freed();
    }
  }

  /** For a thread, which takes the agent along if native code dies in it. The model's worker refuses an image that it cannot read. */
  #note(input: Input): Noted | undefined {
    const { packageHash, settings } = this.#spec;
    const { atWork, killers } = this.#ports;
    if (!atWork || (input.bytes > MAX_COPIED_BYTES && !input.recurs)) return undefined;
    try {
      // At once: whoever asks next must find the thread taken.
      const parts = input.partsNow();
      const suspect = killers.maySuspect(packageHash, input.bytes) ? hashOf(parts) : undefined;
      return { done: atWork.begin(packageHash, parts, settings.keepKillerInputs), suspect };
    } catch {
      return undefined;
    }
  }

  /** A request that only waited in a process that another request, or something outside, brought down is repeated on the next one. */
  async #askAgain<Answer>(
    thrown: unknown,
    ask: (executor: Executor) => Promise<Answer>,
    times: number,
  ): Promise<Answer> {
    if (!isEdgeError(thrown) || thrown.code !== 'instance.worker-lost' || times === 0) throw thrown;
    const executor = await this.#executors.nextFree();
    return ask(executor).catch((again: unknown) => this.#askAgain(again, ask, times - 1));
  }

  /** @param inBackground whether what serves comes first until it is loaded */
  async #start(plan: WorkerPlan, watch: OpenWatch, inBackground: boolean): Promise<Executor> {
    const { settings, manifest } = this.#spec;
    const preparing = ({ variant }: InstanceFacts): Preparing => ({
      input: inputOf(
        manifest,
        manifest.variants.find(({ file }) => file === variant) ?? manifest.variants[0],
      ) as InputSpec,
      ...(settings.maxPixels === undefined ? {} : { maxPixels: settings.maxPixels }),
    });
    const executor = await this.#ports.executors[settings.isolation]({
      plan,
      ...(settings.prepareAhead ? { prepareAhead: preparing } : {}),
      prepareFrames: settings.prepareFrames,
      ...(settings.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: settings.memoryLimitBytes }),
      ...(settings.cpuCores === undefined ? {} : { cpuCores: settings.cpuCores }),
      niceness: settings.niceness,
      inBackground,
      clock: this.#ports.clock,
      loadTimeoutMs: settings.loadTimeoutMs,
      stuckAfterMs: settings.stuckAfterMs,
      signal: AbortSignal.any([watch.signal, this.#closing.signal]),
      progress: (step) => watch.progress(step),
      turn: (load) => (watch.turn ? watch.turn(load) : load()),
    });
    if (this.#closing.signal.aborted) {
      await executor.close();
      throw ended();
    }
    this.#executors.add(executor);
    return executor;
  }

  /** The plan of a worker that does what the first one found out: same file, same provider, no second test. */
  #sameAgain(): WorkerPlan {
    const { variant, provider, intraOpThreads } = this.facts;
    const { cache: _forFirst, ...plan } = this.#firstPlan();
    const cache = this.#cache ? { cache: this.#cache.forOthers } : {};
    return { ...plan, ...cache, chosen: { file: variant, provider, intraOpThreads }, golden: false };
  }

  #firstPlan(): WorkerPlan {
    const { packageDir, packageHash, hashes, manifest, labels, baseline, dataKey, settings } = this.#spec;
    return {
      packageDir,
      packageHash,
      hashes,
      manifest,
      labels,
      ...(dataKey === undefined ? {} : { dataKey }),
      providers: settings.providers,
      requireProvider: settings.requireProvider,
      threadsToTry: settings.threadsToTry,
      ...(settings.maxPixels === undefined ? {} : { maxPixels: settings.maxPixels }),
      spinning: settings.spinning,
      golden: settings.golden === 'on',
      measurePictures: settings.measurePictures && baseline !== undefined,
      ...(settings.maxLatencyMs === undefined ? {} : { maxLatencyMs: settings.maxLatencyMs }),
      ...(this.#cache ? { cache: this.#cache.forFirst } : {}),
    };
  }
}

interface Noted {
  readonly done: () => void;
  /** Hash of an input that may have ended an agent before. */
  readonly suspect: string | undefined;
}

/** Nobody waits for it. */
const UNWATCHED: OpenWatch = { signal: new AbortController().signal, progress: () => undefined };

function quiet(watch: OpenWatch): OpenWatch {
  return { signal: watch.signal, progress: () => undefined };
}

function ended(): EdgeError {
  return agentErrors.error('instance.ended', 'the model was taken out of service');
}
