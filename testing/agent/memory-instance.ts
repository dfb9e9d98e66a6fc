import type { Inference, NamedTensors } from '#packages/vision';

import { capacityOf } from '../../components/inference-agent/instance/capacity.ts';
import { isFrame, transferOf } from '../../components/inference-agent/picture/picture.ts';
import type { LoadedPicture, Picture } from '../../components/inference-agent/picture/picture.ts';
import { agentErrors } from '../../components/inference-agent/errors.ts';
import type {
  ModelInstance,
  InstanceFacts,
  InstanceFault,
  InstanceSpec,
  OpenInstance,
  OpenProgress,
  TensorFeeds,
  TensorRun,
} from '../../components/inference-agent/instance/model-instance.ts';

/** How the twin's model behaves. */
export interface MemoryModel {
  /** Throws if the model is to be refused. */
  open(spec: InstanceSpec, progress: (step: OpenProgress) => void): Promise<InstanceFacts>;
  /** May never resolve, or throw `MemoryCrash` for a lost worker. */
  infer(spec: InstanceSpec, picture: LoadedPicture): Promise<Inference>;
  inferTensors(spec: InstanceSpec, tensors: NamedTensors): Promise<NamedTensors>;
}

/** Thrown by a `MemoryModel` in place of a worker's death; the worker is back at once. */
export class MemoryCrash extends Error {}

/** Instances without threads, for tests of what stands on them. Keeps what it opened, in order. */
export class MemoryInstances {
  readonly opened: MemoryInstance[] = [];
  /** Names of the models that were started, each before its turn to load. */
  readonly started: string[] = [];
  /** Those of them that did not stand back behind what served. */
  readonly urgent: string[] = [];
  readonly #model: MemoryModel;

  constructor(model: MemoryModel) {
    this.#model = model;
  }

  readonly open: OpenInstance = async (spec, watch) => {
    watch.signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => {
      watch.signal.addEventListener('abort', () => reject(watch.signal.reason as Error), { once: true });
    });
    this.started.push(spec.manifest.name);
    if (watch.inBackground === false) this.urgent.push(spec.manifest.name);
    const load = (): Promise<InstanceFacts> => this.#model.open(spec, (step) => watch.progress(step));
    const facts = await Promise.race([watch.turn ? watch.turn(load) : load(), aborted]);
    const instance = new MemoryInstance(spec, facts, this.#model);
    this.opened.push(instance);
    return instance;
  };
}

export class MemoryInstance implements ModelInstance {
  readonly spec: InstanceSpec;
  readonly facts: InstanceFacts;
  readonly killerInputs = [];
  readonly spare = undefined;
  closed = false;
  readonly #model: MemoryModel;
  readonly #running = new Set<(error: Error) => void>();
  readonly #freeListeners: (() => void)[] = [];
  readonly #faultListeners: ((fault: InstanceFault) => void)[] = [];

  constructor(spec: InstanceSpec, facts: InstanceFacts, model: MemoryModel) {
    this.spec = spec;
    this.facts = facts;
    this.#model = model;
  }

  get capacity(): number {
    return capacityOf(this.spec.settings);
  }

  get free(): number {
    return this.closed ? 0 : this.capacity - this.#running.size;
  }

  async infer(picture: Picture): Promise<Inference> {
    return this.#run(async () => {
      const loaded = picture instanceof Uint8Array || isFrame(picture) ? picture : await picture.read();
      // Moved, as into a thread: who continues using the bytes shall notice.
      return this.#model.infer(this.spec, structuredClone(loaded, { transfer: transferOf(loaded) }));
    });
  }

  async inferTensors({ tensors, memory }: TensorFeeds): Promise<TensorRun> {
    return this.#run(async () => {
      const outputs = await this.#model.inferTensors(this.spec, structuredClone(tensors, { transfer: [memory] }));
      return { outputs, runMs: 0 };
    });
  }

  onFree(listener: () => void): void {
    this.#freeListeners.push(listener);
  }

  onFault(listener: (fault: InstanceFault) => void): void {
    this.#faultListeners.push(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    const error = agentErrors.error('instance.ended', 'the model was taken out of service');
    for (const end of this.#running) end(error);
  }

  /** Tells the listeners of a fault, as an instance does that lost a process. */
  report(fault: InstanceFault): void {
    for (const listener of this.#faultListeners) listener(fault);
  }

  async #run<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.closed) throw agentErrors.error('instance.ended', 'the model was taken out of service');
    if (this.free === 0) throw agentErrors.error('instance.busy', 'all workers of the model are busy');
    let end: (error: Error) => void = () => undefined;
    const ended = new Promise<never>((_, reject) => (end = reject));
    this.#running.add(end);
    try {
      return await Promise.race([work(), ended]);
    } catch (thrown) {
      if (!(thrown instanceof MemoryCrash)) throw thrown;
      setImmediate(() => this.#comeBack(thrown.message));
      throw agentErrors.error('instance.worker-crashed', `the worker crashed: ${thrown.message}`);
    } finally {
      this.#running.delete(end);
    }
  }

  #comeBack(message: string): void {
    this.report({ reason: 'crashed', message });
    for (const listener of this.#freeListeners) listener();
  }
}
