import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname } from 'node:path';
import type { Duplex } from 'node:stream';
import type { PlacedFrame } from '#packages/frames';
import { messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { oomKills } from '#packages/posix';
import type { ImageFile } from '../../picture/image-file.ts';
import type { WorkerPlan } from '../protocol.ts';
import type { OpeningListener } from '../wait-until-open.ts';
import { accessFor, CONFINEMENT_VARIABLE } from './confinement.ts';
import { FileDoors } from './file-doors.ts';
import type { FileReaderName } from './file-doors.ts';
import { FrameChannel } from './frame-channel.ts';
import { InputSlots } from './input-slots.ts';
import { LastWords } from './last-words.ts';
import { CHILD_FD, FRAME_LIMITS } from './messages.ts';
import type { ToPreparerOfProcess, ToProcess } from './messages.ts';
import { readOpening } from './read-answers.ts';

export interface ModelChildOptions {
  /** The bundle `instance-worker.js`. */
  readonly file: string;
  /** Environment of the process; holds no secret of the agent. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the rings of frames lie, which every process of a model may read; undefined if there are none. */
  readonly framesFolder?: string;
  readonly plan: WorkerPlan;
  readonly clock: Clock;
}

/** A picture for the model, or for the thread that prepares the next one. */
export type PictureHead = Extract<ToProcess, { kind: 'infer' }> | ToPreparerOfProcess;

/** Images and tensors lie outside of the heap: it holds little more than code. */
const HEAP_MB = 128;

/** A process that closes its socket has that long to end by itself, which says why; then it is ended. */
const LAST_WORDS_MS = 500;

/** The operating system's side: the process, its two sockets, its memory. */
export class ModelChild {
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

  constructor({ file, environment, framesFolder, plan, clock }: ModelChildOptions) {
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
