import { Socket } from 'node:net';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { readEnvironment } from '#packages/foundation';
import { dieWithParent, limitDataMemory, processMemory } from '#packages/posix';
import type { FromPreparer, FromWorker, Preparing, ToPreparer, ToWorker } from '../protocol.ts';
import { servePreparer } from '../serve-preparer.ts';
import type { Prepare, PreparerPort } from '../serve-preparer.ts';
import { serveWorker } from '../serve-worker.ts';
import type { OpenModel, WorkerPort } from '../serve-worker.ts';
import { FrameChannel } from './frame-channel.ts';
import { AT_WORK } from './input-slots.ts';
import { Inputs } from './inputs.ts';
import { CHILD_FD, FRAME_LIMITS } from './messages.ts';
import type { ChildHas, FromPreparerOfProcess, FromProcess, ToPreparerOfProcess, ToProcess } from './messages.ts';
import { pictureHead } from './picture-head.ts';
import { tensorBlobs, tensorsOf } from './tensor-blobs.ts';

/** `workerData` of the thread that prepares images in a model's process. */
export interface PreparerThreadPlan extends Preparing {
  readonly runner: MessagePort;
  readonly has: ChildHas;
}

/** The nucleus, systemd and a terminal stop all processes of a component at once, not the agent alone. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const PREPARER_HEAP = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 } as const;

/**
 * The main thread of a model's process: the worker's protocol over a socket to the agent. The process ends with its parent, also while
 * it is inside native code and never sees the end of its socket. It outlives the signals that stop a component: the agent first lets
 * it answer what it has taken, and a process that died of them would look like one that its input has killed.
 *
 * @param confinement what holds this process, in words
 * @param preparerFile what a thread that prepares images runs; it calls `servePreparerThread`
 */
export function serveProcess(open: OpenModel, preparerFile: string, confinement?: string): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => undefined);
  const channel = new FrameChannel(socketOf(CHILD_FD.runner), FRAME_LIMITS);
  let port: ProcessPort | undefined;
  channel.listen({
    frame: (head, blob) => {
      const message = head as ToProcess;
      if (message.kind !== 'open') return port?.take(message, blob);
      tieTo(message.parentPid);
      if (message.memoryLimitBytes !== undefined) boundMemory(message.memoryLimitBytes);
      const inputs = new Inputs(message.has, CHILD_FD.runnerFiles);
      port = new ProcessPort(channel, inputs, preparerFile, confinement);
      void serveWorker(port, message.plan, open, (id) => inputs.mark(AT_WORK.runner, id));
    },
    closed: (reason) => {
      // A message that cannot be read ends the process, and its last words say why.
      if (reason) process.stderr.write(`${reason.message}\n`);
      process.exit(reason ? 1 : 0);
    },
  });
}

/** The thread that prepares images in a model's process. */
export function servePreparerThread(plan: PreparerThreadPlan, prepare: Prepare): void {
  const inputs = new Inputs(plan.has, CHILD_FD.preparerFiles);
  const channel = new FrameChannel(socketOf(CHILD_FD.preparer), FRAME_LIMITS);
  let onMessage: (message: ToPreparer) => void = () => undefined;
  const port: PreparerPort = {
    on: (_event, listener) => (onMessage = listener),
    postMessage: (message: FromPreparer) => {
      inputs.giveBack(message.memory);
      channel.send(headOfPrepared(message));
    },
    close: () => channel.close(),
  };
  servePreparer(port, plan.runner, prepare, (id) => inputs.mark(AT_WORK.preparer, id));
  channel.listen({
    frame: (head, blob) => {
      const message = head as ToPreparerOfProcess;
      onMessage({ kind: 'prepare', id: message.id, picture: message.frame ?? inputs.image(message, blob) });
    },
    closed: () => process.exit(),
  });
  channel.send({ kind: 'ready' } satisfies FromPreparerOfProcess);
}

class ProcessPort implements WorkerPort {
  readonly #channel: FrameChannel;
  readonly #inputs: Inputs;
  readonly #preparerFile: string;
  readonly #confinement: string;
  #onMessage: (message: ToWorker) => void = () => undefined;

  constructor(channel: FrameChannel, inputs: Inputs, preparerFile: string, confinement: string | undefined) {
    this.#confinement = confinement ?? 'none: a provider of the ladder needs devices, or the system does not have it';
    this.#channel = channel;
    this.#inputs = inputs;
    this.#preparerFile = preparerFile;
  }

  on(_event: 'message', listener: (message: ToWorker) => void): void {
    this.#onMessage = listener;
  }

  /** Nothing is moved: what lies here stays here. */
  postMessage(message: FromWorker): void {
    if (message.kind === 'opened') {
      this.#channel.send({ ...message, facts: { ...message.facts, confinement: this.#confinement } });
      return;
    }
    if ('memory' in message) this.#inputs.giveBack(message.memory);
    const { head, blobs } = frameOf(message);
    this.#channel.send(head, blobs);
  }

  close(): void {
    this.#channel.close();
  }

  take(message: Exclude<ToProcess, { kind: 'open' }>, blob: Buffer): void {
    switch (message.kind) {
      case 'preparer':
        return this.#startPreparer(message);
      case 'infer': {
        const { id, contentType, frame } = message;
        return this.#onMessage({ kind: 'infer', id, picture: frame ?? this.#inputs.image(message, blob), contentType });
      }
      case 'tensors': {
        const bytes = this.#inputs.bytes(message.at, blob);
        const tensors = tensorsOf(message.tensors, bytes);
        return this.#onMessage({ kind: 'tensors', id: message.id, tensors, memory: bytes.buffer });
      }
    }
  }

  #startPreparer({ input, maxPixels }: Preparing): void {
    const { port1, port2 } = new MessageChannel();
    const limit = maxPixels === undefined ? {} : { maxPixels };
    const plan: PreparerThreadPlan = { input, ...limit, runner: port2, has: this.#inputs.has };
    const thread = new Worker(this.#preparerFile, {
      workerData: plan,
      transferList: [port2],
      resourceLimits: PREPARER_HEAP,
      // Files come open over a socket, so that it closes what it has not opened.
      trackUnmanagedFds: false,
      name: 'preparer',
    });
    // The agent sees the end of the thread's socket, and replaces the process.
    thread.on('error', () => process.exit(1));
    thread.on('exit', (code) => process.exit(code || 1));
    this.#onMessage({ kind: 'preparer', port: port1 });
  }
}

function socketOf(fd: number): Socket {
  return new Socket({ fd, readable: true, writable: true });
}

/** On systems without it, the end of the socket ends the process, unless it is stuck in native code. */
function tieTo(parentPid: number): void {
  if (process.platform !== 'linux') return;
  try {
    dieWithParent({ parentPid });
  } catch (thrown) {
    if (process.ppid !== parentPid) process.exit(1);
    process.stderr.write(`a model's process cannot be tied to its parent: ${String(thrown)}\n`);
  }
}

/** Sixteen threads of 8 MiB, touched or not: libuv's, ONNX Runtime's, the one that prepares images. */
const THREAD_STACKS_BYTES = 16 * 8 * 1024 ** 2;

/**
 * The kernel's bound: an allocation beyond it fails at once, where the agent's watch only sees what was taken. It counts pages that
 * are not touched yet, so it leaves half as much again to what is there already, and room for the stacks of threads to come.
 */
function boundMemory(limitBytes: number): void {
  if (process.platform !== 'linux') return;
  try {
    const dataBytes = readEnvironment().dataBytes ?? processMemory(process.pid).dataBytes;
    limitDataMemory(dataBytes + THREAD_STACKS_BYTES + Math.ceil(1.5 * limitBytes));
  } catch (thrown) {
    process.stderr.write(`the memory of a model's process is watched, not bound: ${String(thrown)}\n`);
  }
}

function frameOf(message: FromWorker): { readonly head: FromProcess; readonly blobs: readonly Uint8Array[] } {
  switch (message.kind) {
    case 'answer': {
      const { classScores, outputs, picture, ...inference } = message.inference;
      const tensors = outputs && tensorBlobs(outputs);
      const scores = classScores && new Uint8Array(classScores.buffer, classScores.byteOffset, classScores.byteLength);
      return {
        head: {
          kind: 'answer',
          id: message.id,
          inference: picture ? { ...inference, picture: pictureHead(picture) } : inference,
          ...(scores ? { scores: scores.byteLength } : {}),
          ...(tensors ? { outputs: tensors.heads } : {}),
        },
        blobs: [...(scores ? [scores] : []), ...(tensors?.blobs ?? [])],
      };
    }
    case 'tensors-answer': {
      const { heads, blobs } = tensorBlobs(message.run.outputs);
      return { head: { kind: 'tensors-answer', id: message.id, runMs: message.run.runMs, outputs: heads }, blobs };
    }
    case 'error':
      return { head: { kind: 'error', id: message.id, error: message.error }, blobs: [] };
    default:
      return { head: message, blobs: [] };
  }
}

function headOfPrepared(message: FromPreparer): FromPreparerOfProcess {
  return message.kind === 'handed'
    ? { kind: 'handed', id: message.id }
    : { kind: 'refused', id: message.id, error: message.error };
}
