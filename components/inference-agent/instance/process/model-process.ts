import { processMemory } from '#packages/posix';
import type { Inference } from '#packages/vision';
import type { EdgeError } from '#packages/foundation';
import { agentErrors } from '../../errors.ts';
import type { ImageFile } from '../../picture/image-file.ts';
import { isFrame } from '../../picture/picture.ts';
import type { Picture } from '../../picture/picture.ts';
import type { Executor, ExecutorOptions, OpenExecutor } from '../executor.ts';
import type { InstanceFacts, TensorFeeds, TensorRun } from '../model-instance.ts';
import { PendingRequests } from '../pending-requests.ts';
import { waitUntilOpen } from '../wait-until-open.ts';
import { bystander, crashed, killed } from './lost-process.ts';
import type { InstanceGroups } from './instance-groups.ts';
import { ModelChild } from './model-child.ts';
import type { ModelChildOptions, PictureHead } from './model-child.ts';
import { ProcessBounds } from './process-bounds.ts';
import { readAnswer, readPrepared } from './read-answers.ts';
import { tensorBlobs } from './tensor-blobs.ts';

export interface ProcessPorts extends Pick<ModelChildOptions, 'file' | 'environment' | 'framesFolder'> {
  /** Control groups for the processes. */
  readonly groups: InstanceGroups;
}

/** Executors in processes of their own: nothing that a model does reaches the agent or another model. */
export function processExecutors(ports: ProcessPorts): OpenExecutor {
  return (options) => ModelProcess.open(ports, options);
}

class ModelProcess implements Executor {
  readonly facts: InstanceFacts;
  readonly capacity: 1 | 2;
  readonly lost: Promise<EdgeError>;
  readonly exited: Promise<void>;
  readonly #child: ModelChild;
  readonly #pending: PendingRequests<Inference | TensorRun>;
  readonly #bounds: ProcessBounds | undefined;
  readonly #stuckAfterMs: number;
  readonly #prepareFrames: boolean;
  readonly #startPreparer: () => void;
  /** The thread that prepares images is started when two requests meet for the first time: many services never need it. */
  #preparer: 'none' | 'starting' | 'ready' = 'none';
  /** The request whose image is being prepared. */
  #preparing: number | undefined;
  #gone = false;
  #reportLost: (error: EdgeError) => void = () => undefined;

  static async open(ports: ProcessPorts, options: ExecutorOptions): Promise<ModelProcess> {
    options.signal.throwIfAborted();
    const child = new ModelChild({ ...ports, plan: options.plan, clock: options.clock });
    const bounds = boundsOf(child, options, ports);
    try {
      const facts = await options.turn(() => {
        child.send({
          kind: 'open',
          plan: options.plan,
          parentPid: process.pid,
          has: { slots: child.slots !== undefined, files: child.files !== undefined },
          ...(bounds?.selfBound === true ? { memoryLimitBytes: options.memoryLimitBytes } : {}),
        });
        return waitUntilOpen((listener) => child.listen(listener), options);
      });
      bounds?.opened();
      return new ModelProcess(child, bounds, facts, options);
    } catch (thrown) {
      await child.kill();
      if (bounds?.exceeded) throw bounds.exceeded;
      throw child.killedFromOutside ? killed(child.ended) : thrown;
    }
  }

  private constructor(
    child: ModelChild,
    bounds: ProcessBounds | undefined,
    facts: InstanceFacts,
    { clock, stuckAfterMs, prepareAhead, prepareFrames }: ExecutorOptions,
  ) {
    this.#child = child;
    this.#bounds = bounds;
    this.facts = bounds ? { ...facts, limits: bounds.words } : facts;
    this.#stuckAfterMs = stuckAfterMs;
    this.#pending = new PendingRequests(clock, stuckAfterMs, () => this.#giveUp());
    this.capacity = prepareAhead ? 2 : 1;
    this.#prepareFrames = prepareFrames;
    this.#startPreparer = () => prepareAhead && child.send({ kind: 'preparer', ...prepareAhead(facts) });
    this.exited = child.exited;
    this.lost = new Promise((resolve) => (this.#reportLost = resolve));
    child.onAnswer = (head, blob) => this.#take(head, blob);
    child.onPrepared = (head) => this.#takePrepared(head);
    child.onEnd = (reason) => {
      const exceeded = bounds?.exceeded;
      if (child.killedFromOutside && !exceeded) this.#lose(killed(reason), []);
      else this.#lose(exceeded ?? crashed(reason));
    };
    if (child.ended !== undefined) child.onEnd(child.ended);
  }

  get free(): number {
    return this.#gone ? 0 : this.capacity - this.#pending.size;
  }

  get memoryBytes(): number | undefined {
    const { pid } = this.#child;
    try {
      return pid === undefined ? undefined : processMemory(pid).residentBytes;
    } catch {
      return undefined;
    }
  }

  infer(picture: Picture, contentType?: string): Promise<Inference> {
    const ahead = this.#canPrepare(picture);
    return this.#ask<Inference>((id) => {
      if (ahead) this.#preparing = id;
      const head: PictureHead = ahead
        ? { kind: 'prepare', id }
        : { kind: 'infer', id, ...(contentType === undefined ? {} : { contentType }) };
      if (picture instanceof Uint8Array) this.#child.sendImage(head, picture);
      else if (isFrame(picture)) this.#child.sendFrame(head, picture);
      else if (!this.#child.sendFile(head, picture)) void this.#readAndSend(head, picture);
    });
  }

  inferTensors({ tensors }: TensorFeeds): Promise<TensorRun> {
    const { heads, blobs } = tensorBlobs(tensors);
    return this.#ask<TensorRun>((id) => this.#child.sendTensors({ kind: 'tensors', id, tensors: heads }, blobs));
  }

  async close(): Promise<void> {
    this.#gone = true;
    this.#pending.rejectAll(agentErrors.error('instance.ended', 'the model was taken out of service'));
    this.#bounds?.stopWatching();
    await this.#child.kill();
  }

  /** Whether the next image is prepared while the model runs another one. */
  #canPrepare(picture: Picture): boolean {
    if (this.capacity === 1 || this.#pending.size === 0) return false;
    if (isFrame(picture) && !this.#prepareFrames) return false;
    if (this.#preparer === 'none') {
      this.#preparer = 'starting';
      this.#startPreparer();
    }
    return this.#preparer === 'ready' && this.#preparing === undefined;
  }

  /** For systems on which descriptors cannot be handed on. */
  async #readAndSend(head: PictureHead, file: ImageFile): Promise<void> {
    try {
      this.#child.sendImage(head, await file.read());
    } catch (thrown) {
      if (this.#preparing === head.id) this.#preparing = undefined;
      this.#pending.take(head.id)?.reject(thrown as Error);
    }
  }

  #ask<Answer extends Inference | TensorRun>(send: (id: number) => void): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (this.free === 0) throw agentErrors.error('instance.busy', 'the process of the model is busy');
      // The child's answer is checked to be of the kind that was asked for.
      send(this.#pending.add({ resolve: (value) => resolve(value as Answer), reject }));
    });
  }

  #take(head: unknown, blob: Buffer): void {
    const answer = readAnswer(head, blob);
    if (!answer) return;
    this.#settled(answer.id);
    const pending = this.#pending.take(answer.id);
    if (answer.kind === 'error') pending?.reject(answer.error);
    else pending?.resolve(answer.kind === 'answer' ? answer.inference : answer.run);
  }

  #takePrepared(head: unknown): void {
    const said = readPrepared(head);
    if (said === 'ready') {
      this.#preparer = 'ready';
      return;
    }
    const { id, error } = said;
    if (!error) {
      if (this.#preparing === id) this.#preparing = undefined;
      return;
    }
    this.#settled(id);
    this.#pending.take(id)?.reject(error);
  }

  #settled(id: number): void {
    // The word that it was prepared comes by another socket, and may come later.
    if (this.#preparing === id) this.#preparing = undefined;
    this.#child.slots?.release(id);
  }

  #giveUp(): void {
    const message = `a request ran for more than ${this.#stuckAfterMs} ms; its process is being replaced`;
    const facts = { stuckAfterMs: this.#stuckAfterMs };
    const error = agentErrors.error('instance.worker-stuck', message, { facts });
    this.#lose(error, [this.#pending.oldest, ...(this.#child.slots?.atWork() ?? [])]);
  }

  /** Requests at work when it died get the error; requests that only waited there may be repeated elsewhere. */
  #lose(error: EdgeError, atWork: readonly unknown[] | undefined = this.#child.slots?.atWork()): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#bounds?.stopWatching();
    this.#pending.rejectAll((id) => (!atWork || atWork.includes(id) ? error : bystander(error)));
    void this.#child.kill();
    this.#reportLost(error);
  }
}

/** Undefined if the process could not even be started. */
function boundsOf(child: ModelChild, options: ExecutorOptions, { groups }: ProcessPorts): ProcessBounds | undefined {
  if (child.pid === undefined) return undefined;
  const bounds = new ProcessBounds(child.pid, options, groups, options.clock, () => void child.kill());
  void child.exited.then(() => bounds.end());
  return bounds;
}
