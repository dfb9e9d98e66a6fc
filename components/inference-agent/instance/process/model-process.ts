import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Inference } from '#packages/vision';
import type { PlacedFrame } from '#packages/frames';
import type { Clock, EdgeError } from '#packages/foundation';
import { messageOf } from '#packages/foundation';
import { oomKills } from '#packages/posix';
import { agentErrors } from '../../errors.ts';
import type { ImageFile } from '../../picture/image-file.ts';
import { isFrame } from '../../picture/picture.ts';
import type { Picture } from '../../picture/picture.ts';
import type { Executor, ExecutorOptions, OpenExecutor } from '../executor.ts';
import type { InstanceFacts, TensorFeeds, TensorRun } from '../model-instance.ts';
import { PendingRequests } from '../pending-requests.ts';
import type { WorkerPlan } from '../protocol.ts';
import { waitUntilOpen } from '../wait-until-open.ts';
import type { OpeningListener } from '../wait-until-open.ts';
import { accessFor, CONFINEMENT_VARIABLE } from './confinement.ts';
import { FileDoors } from './file-doors.ts';
import type { FileReaderName } from './file-doors.ts';
import { FrameChannel } from './frame-channel.ts';
import { InputSlots } from './input-slots.ts';
import { LastWords } from './last-words.ts';
import type { InstanceGroups } from './instance-groups.ts';
import { ProcessBounds } from './process-bounds.ts';
import { CHILD_FD, FRAME_LIMITS } from './messages.ts';
import type { ToPreparerOfProcess, ToProcess } from './messages.ts';
import { readAnswer, readOpening, readPrepared } from './read-answers.ts';
import { tensorBlobs } from './tensor-blobs.ts';

export interface ProcessPorts {
  /** The bundle `instance-process.js`. */
  readonly file: string;
  /** Environment of the processes; holds no secret of the agent. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the rings of frames lie, which every process of a model may read; undefined if there are none. */
  readonly framesFolder?: string;
  /** Control groups for the processes. */
  readonly groups: InstanceGroups;
}

/** Executors in processes of their own: nothing that a model does reaches the agent or another model. */
export function processExecutors(ports: ProcessPorts): OpenExecutor {
  return (options) => ModelProcess.open(ports, options);
}

/** A picture for the model, or for the thread that prepares the next one. */
type PictureHead = Extract<ToProcess, { kind: 'infer' }> | ToPreparerOfProcess;

/** Images and tensors lie outside of the heap: it holds little more than code. */
const HEAP_MB = 128;

class ModelProcess implements Executor {
  readonly facts: InstanceFacts;
  readonly capacity: 1 | 2;
  readonly lost: Promise<EdgeError>;
  readonly exited: Promise<void>;
  readonly #child: ModelChild;
  readonly #pending: PendingRequests<Inference | TensorRun>;
  readonly #bounds: ProcessBounds | undefined;
  readonly #stuckAfterMs: number;
  readonly #startPreparer: () => void;
  /** The thread that prepares images is started when two requests meet for the first time: many services never need it. */
  #preparer: 'none' | 'starting' | 'ready' = 'none';
  /** The request whose image is being prepared. */
  #preparing: number | undefined;
  #gone = false;
  #reportLost: (error: EdgeError) => void = () => undefined;

  static async open(ports: ProcessPorts, options: ExecutorOptions): Promise<ModelProcess> {
    options.signal.throwIfAborted();
    const child = new ModelChild(ports, options.plan, options.clock);
    const bounds = boundsOf(child, options, ports);
    try {
      child.send({
        kind: 'open',
        plan: options.plan,
        parentPid: process.pid,
        has: { slots: child.slots !== undefined, files: child.files !== undefined },
        ...(bounds?.selfBound === true ? { memoryLimitBytes: options.memoryLimitBytes } : {}),
      });
      const facts = await waitUntilOpen((listener) => child.listen(listener), options);
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
    { clock, stuckAfterMs, prepareAhead }: ExecutorOptions,
  ) {
    this.#child = child;
    this.#bounds = bounds;
    this.facts = bounds ? { ...facts, limits: bounds.words } : facts;
    this.#stuckAfterMs = stuckAfterMs;
    this.#pending = new PendingRequests(clock, stuckAfterMs, () => this.#giveUp());
    this.capacity = prepareAhead ? 2 : 1;
    this.#startPreparer = () => prepareAhead && child.send({ kind: 'preparer', input: prepareAhead(facts) });
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

  infer(picture: Picture, contentType?: string): Promise<Inference> {
    const ahead = this.#canPrepare();
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
  #canPrepare(): boolean {
    if (this.capacity === 1 || this.#pending.size === 0) return false;
    if (this.#preparer === 'none') {
      this.#preparer = 'starting';
      this.#startPreparer();
    }
    return this.#preparer === 'ready' && this.#preparing === undefined;
  }

  /** Where descriptors cannot be handed on. */
  async #readAndSend(head: PictureHead, file: ImageFile): Promise<void> {
    try {
      this.#child.sendImage(head, await file.read());
    } catch (thrown) {
      if (this.#preparing === head.id) this.#preparing = undefined;
      this.#pending.take(head.id)?.reject(thrown as Error);
    }
  }

  async #ask<Answer extends Inference | TensorRun>(send: (id: number) => void): Promise<Answer> {
    if (this.free === 0) throw agentErrors.error('instance.busy', 'the process of the model is busy');
    return new Promise<Answer>((resolve, reject) => {
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

  /** What was at work when it died gets the error; what only waited there may be repeated elsewhere. */
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

/** A process that closes its socket has that long to end by itself, which says why; then it is ended. */
const LAST_WORDS_MS = 500;

/** The operating system's side: the process, its two sockets, its memory. */
class ModelChild {
  /** Undefined if this system does not have shared memory; inputs then go over the sockets. */
  readonly slots: InputSlots | undefined;
  /** Undefined if this system cannot hand open files to another process. */
  readonly files: FileDoors | undefined;
  readonly exited: Promise<void>;
  onAnswer: (head: unknown, blob: Buffer) => void = () => undefined;
  onPrepared: (head: unknown) => void = () => undefined;
  onEnd: (reason: unknown) => void = () => undefined;
  /** Why it has ended, if it has. */
  ended: unknown;
  /** Whether somebody else than this agent or the kernel has killed it. */
  killedFromOutside = false;
  readonly #process: ChildProcess;
  readonly #runner: FrameChannel;
  readonly #preparer: FrameChannel;
  readonly #clock: Clock;
  readonly #oomKillsBefore = oomKills();
  #opening: OpeningListener | undefined;
  #isKilled = false;

  constructor({ file, environment, framesFolder }: ProcessPorts, plan: WorkerPlan, clock: Clock) {
    this.#clock = clock;
    const access = accessFor(plan, file, environment, framesFolder);
    this.slots = InputSlots.open('edgeml-model-inputs');
    this.files = FileDoors.open();
    this.#process = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, file], {
      stdio: [
        'ignore',
        'inherit',
        'pipe',
        'pipe',
        'pipe',
        this.slots?.fd ?? 'ignore',
        this.files?.childFd('runner') ?? 'ignore',
        this.files?.childFd('preparer') ?? 'ignore',
      ],
      env: { ...environment, ...(access ? { [CONFINEMENT_VARIABLE]: JSON.stringify(access) } : {}) },
      cwd: dirname(process.execPath),
      windowsHide: true,
    });
    this.files?.handedOver();
    const words = new LastWords(this.#process.stderr);
    this.exited = new Promise((resolve) => {
      const gone = (reason: unknown): void => {
        this.#end(reason);
        this.#runner.close();
        this.#preparer.close();
        this.slots?.close();
        this.files?.close();
        resolve();
      };
      this.#process.once('error', (error) => this.#process.pid === undefined && gone(error));
      // `close`, not `exit`: the last words are read by then.
      this.#process.once('close', (code, signal) => {
        // The kernel kills by the same signal, but counts.
        const isCounted = this.#oomKillsBefore === undefined || oomKills() !== this.#oomKillsBefore;
        this.killedFromOutside = signal === 'SIGKILL' && !this.#isKilled && !isCounted;
        gone(new Error(describeExit(code, signal, words.line)));
      });
    });
    this.#runner = this.#channel(CHILD_FD.runner, (head, blob) => this.#take(head, blob));
    this.#preparer = this.#channel(CHILD_FD.preparer, (head) => this.onPrepared(head));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  listen(listener: OpeningListener): () => void {
    this.#opening = listener;
    if (this.ended !== undefined) listener.ended(this.ended);
    return () => (this.#opening = undefined);
  }

  send(head: ToProcess, blobs: readonly Uint8Array[] = []): void {
    this.#runner.send(head, blobs);
  }

  sendTensors(head: Extract<ToProcess, { kind: 'tensors' }>, blobs: readonly Uint8Array[]): void {
    const at = this.slots?.put(head.id, blobs);
    if (at) this.send({ ...head, at });
    else this.send(head, blobs);
  }

  sendImage(head: PictureHead, image: Uint8Array): void {
    const at = this.slots?.put(head.id, [image]);
    const { channel } = this.#reader(head);
    if (at) channel.send({ ...head, at } satisfies PictureHead);
    else channel.send(head, [image]);
  }

  sendFrame(head: PictureHead, frame: PlacedFrame): void {
    this.#reader(head).channel.send({ ...head, frame } satisfies PictureHead);
  }

  /** @returns false if the file cannot be handed on; its bytes are to be sent */
  sendFile(head: PictureHead, image: ImageFile): boolean {
    const { channel, name } = this.#reader(head);
    const file = this.files?.send(name, head.id, image);
    if (file) channel.send({ ...head, file } satisfies PictureHead);
    return file !== undefined;
  }

  #reader({ kind }: PictureHead): { readonly channel: FrameChannel; readonly name: FileReaderName } {
    return kind === 'prepare'
      ? { channel: this.#preparer, name: 'preparer' }
      : { channel: this.#runner, name: 'runner' };
  }

  /** Ends it at once, whatever it does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  #channel(fd: number, frame: (head: unknown, blob: Buffer) => void): FrameChannel {
    const channel = new FrameChannel(this.#process.stdio[fd] as Duplex, FRAME_LIMITS);
    channel.listen({
      frame: (head, blob) => {
        try {
          frame(head, blob);
        } catch (thrown) {
          this.#broken(`it said what the protocol does not know: ${messageOf(thrown)}`);
        }
      },
      // Its end is told by the process itself; one whose socket alone is closed is of no use any more.
      closed: (reason) => this.#broken(reason ? messageOf(reason) : undefined),
    });
    return channel;
  }

  #broken(reason: string | undefined): void {
    if (reason === undefined) {
      const cancel = this.#clock.after(LAST_WORDS_MS, () => void this.kill());
      void this.exited.then(cancel);
    } else {
      this.#end(new Error(reason));
      void this.kill();
    }
  }

  #take(head: unknown, blob: Buffer): void {
    const opening = readOpening(head);
    if (!opening) this.onAnswer(head, blob);
    else if (opening.kind === 'progress') this.#opening?.progress(opening.step);
    else if (opening.kind === 'opened') this.#opening?.opened(opening.facts);
    else this.#opening?.failed(opening.error);
  }

  #end(reason: unknown): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    this.#opening?.ended(reason);
    this.onEnd(reason);
  }
}

function describeExit(code: number | null, signal: NodeJS.Signals | null, lastWords: string): string {
  const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
  return lastWords === '' ? how : `${how}: ${lastWords}`;
}

function crashed(cause: unknown): EdgeError {
  const message = `the process that ran the model crashed: ${messageOf(cause)}`;
  return agentErrors.error('instance.worker-crashed', message, { cause });
}

function killed(cause: unknown): EdgeError {
  const message = `the process that ran the model was killed by something outside: ${messageOf(cause)}`;
  return agentErrors.error('instance.worker-killed', message, { cause });
}

function bystander(cause: EdgeError): EdgeError {
  const message = `the request waited in a process that was lost to another one: ${cause.message}`;
  return agentErrors.error('instance.worker-lost', message, { cause });
}
