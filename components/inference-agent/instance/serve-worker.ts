import { performance } from 'node:perf_hooks';
import type { MessagePort } from 'node:worker_threads';
import type { LoadedModel, NamedTensors, TensorData } from '#packages/vision';
import { Serial, wireErrorOf } from '#packages/foundation';
import type { InstanceFacts, OpenProgress } from './model-instance.ts';
import { isFrame, memoryOfPicture, transferOf } from '../picture/picture.ts';
import type { FromWorker, PreparedMessage, SpentMessage, ToWorker, WorkerPlan } from './protocol.ts';
import { tensorMemory } from './serve-preparer.ts';

export interface OpenedModel {
  readonly model: Pick<LoadedModel, 'infer' | 'inferFrame' | 'inferPrepared' | 'inferTensors' | 'close'>;
  readonly facts: InstanceFacts;
}

export interface OpenContext {
  readonly progress: (step: OpenProgress) => void;
  /** Aborted when the main thread has changed its mind. */
  readonly signal: AbortSignal;
}

/** Where questions come from and answers go to: the main thread, or the agent's process. */
export interface WorkerPort {
  on(event: 'message', listener: (message: ToWorker) => void): unknown;
  postMessage(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

export type OpenModel = (plan: WorkerPlan, context: OpenContext) => Promise<OpenedModel>;

/**
 * The worker's side of the protocol: opens the model, then answers one request after the other until told to close.
 *
 * A worker always ends itself. To be terminated from outside while ONNX Runtime's native code runs would end the whole
 * process: the binding throws into a JavaScript engine that is being taken down.
 *
 * @param mark is told the id of each request before the model sees it, and 0 after
 */
export async function serveWorker(
  port: WorkerPort,
  plan: WorkerPlan,
  open: OpenModel,
  mark: (request: number) => void = () => undefined,
): Promise<void> {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  const closing = new AbortController();
  let model: OpenedModel['model'] | undefined;
  let preparer: MessagePort | undefined;
  // One at a time, whether images come from the main thread or prepared from their own.
  const turns = new Serial();

  async function close(): Promise<void> {
    // Only JavaScript that waits forever is still there after this time, and no native code is running when a timer fires.
    setTimeout(() => process.exit(), LAST_RESORT_MS).unref();
    closing.abort(new Error('the model is being closed'));
    await turns.idle();
    await model?.close();
    preparer?.close();
    port.close();
  }

  async function answer({ id, picture, contentType }: InferMessage, ready: OpenedModel['model']): Promise<void> {
    const memory = memoryOfPicture(picture);
    const back = memory ? { memory } : {};
    try {
      mark(id);
      const inference = isFrame(picture)
        ? await ready.inferFrame(picture, closing.signal)
        : await ready.infer(picture, contentType, closing.signal);
      mark(0);
      post({ kind: 'answer', id, inference, ...back }, [...transferOf(picture), ...buffersOf(inference.outputs)]);
    } catch (thrown) {
      post({ kind: 'error', id, error: wireErrorOf(thrown), ...back }, transferOf(picture));
    }
  }

  async function answerTensors({ id, tensors, memory }: TensorsMessage, ready: OpenedModel['model']): Promise<void> {
    try {
      mark(id);
      const startedAt = performance.now();
      const outputs = await ready.inferTensors(tensors, closing.signal);
      const run = { outputs, runMs: performance.now() - startedAt };
      mark(0);
      post({ kind: 'tensors-answer', id, run, memory }, [memory, ...buffersOf(outputs)]);
    } catch (thrown) {
      post({ kind: 'error', id, error: wireErrorOf(thrown), memory }, [memory]);
    }
  }

  async function answerPrepared({ id, prepared }: PreparedMessage, ready: OpenedModel['model']): Promise<void> {
    const memory = tensorMemory(prepared.feed);
    try {
      mark(id);
      const inference = await ready.inferPrepared(prepared);
      mark(0);
      post({ kind: 'answer', id, inference }, buffersOf(inference.outputs));
    } catch (thrown) {
      post({ kind: 'error', id, error: wireErrorOf(thrown) });
    }
    preparer?.postMessage({ memory } satisfies SpentMessage, [memory]);
  }

  function listenTo(prepared: MessagePort): void {
    preparer = prepared;
    prepared.on('message', (message: PreparedMessage) => {
      void turns.run(async () => model && answerPrepared(message, model));
    });
  }

  function answerTo(message: InferMessage | TensorsMessage, ready: OpenedModel['model']): Promise<void> {
    return message.kind === 'infer' ? answer(message, ready) : answerTensors(message, ready);
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'close') void close();
    else if (message.kind === 'preparer') listenTo(message.port);
    else void turns.run(async () => model && answerTo(message, model));
  });
  try {
    const opened = await open(plan, { progress: (step) => post({ kind: 'progress', step }), signal: closing.signal });
    model = opened.model;
    post({ kind: 'opened', facts: opened.facts });
  } catch (thrown) {
    post({ kind: 'failed', error: wireErrorOf(thrown) });
    port.close();
  }
}

const LAST_RESORT_MS = 3_000;

type InferMessage = Extract<ToWorker, { kind: 'infer' }>;
type TensorsMessage = Extract<ToWorker, { kind: 'tensors' }>;

/** Raw outputs can be megabytes: they are moved, not copied. Only whole buffers of our own can be. */
function buffersOf(outputs: NamedTensors | undefined): ArrayBuffer[] {
  if (outputs === undefined) return [];
  const whole = (data: TensorData): boolean => data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
  const buffers = Object.values(outputs).flatMap(({ data }) =>
    whole(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [],
  );
  return [...new Set(buffers)];
}
