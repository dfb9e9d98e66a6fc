import type { MessagePort } from 'node:worker_threads';
import type { PreparedImage, Tensor } from '#packages/vision';
import { Serial, wireErrorOf } from '#packages/foundation';
import { memoryOfPicture, transferOf } from '../picture/picture.ts';
import type { LoadedPicture } from '../picture/picture.ts';
import type { FromPreparer, PreparedMessage, SpentMessage, ToPreparer } from './protocol.ts';

/** A picture to an input tensor, whose memory the next call may use again. */
export type Prepare = (picture: LoadedPicture) => Promise<PreparedImage>;

/** Where images come from: the main thread, or the agent's process. */
export interface PreparerPort {
  on(event: 'message', listener: (message: ToPreparer) => void): unknown;
  postMessage(message: FromPreparer, transfer: readonly ArrayBuffer[]): void;
  close(): void;
}

/**
 * The side of the thread that decodes and resizes the next image while the model's own thread is inside ONNX Runtime.
 * @param port of the main thread: images come from it
 * @param runner of the model's thread: tensors go to it, and their memory comes back
 * @param mark is told the id of each request before its image is looked at, and 0 after
 */
export function servePreparer(
  port: PreparerPort,
  runner: MessagePort,
  prepare: Prepare,
  mark: (request: number) => void = () => undefined,
): void {
  const post = (message: FromPreparer, ...transfer: ArrayBuffer[]): void => port.postMessage(message, transfer);
  /** A tensor can be megabytes: fresh memory for each would cost more than the copy. */
  const spare: ArrayBuffer[] = [];
  const turns = new Serial();

  async function work({ id, picture }: PrepareMessage): Promise<void> {
    const memory = memoryOfPicture(picture);
    const back = memory ? { memory } : {};
    try {
      mark(id);
      const prepared = await prepare(picture);
      mark(0);
      const feed = copyOf(prepared.feed, spare);
      runner.postMessage({ id, prepared: { ...prepared, feed } } satisfies PreparedMessage, [tensorMemory(feed)]);
      post({ kind: 'handed', id, ...back }, ...transferOf(picture));
    } catch (thrown) {
      post({ kind: 'refused', id, error: wireErrorOf(thrown), ...back }, ...transferOf(picture));
    }
  }

  runner.on('message', ({ memory }: SpentMessage) => spare.push(memory));
  port.on('message', (message: ToPreparer) => {
    if (message.kind === 'prepare') void turns.run(() => work(message));
    else {
      void turns.idle().then(() => {
        runner.close();
        port.close();
      });
    }
  });
}

type PrepareMessage = Extract<ToPreparer, { kind: 'prepare' }>;

function copyOf({ type, shape, data }: Tensor, spare: ArrayBuffer[]): Tensor {
  const known = spare.pop();
  const memory = known?.byteLength === data.byteLength ? known : new ArrayBuffer(data.byteLength);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  new Uint8Array(memory).set(bytes);
  const View = data.constructor as new (memory: ArrayBuffer) => Tensor['data'];
  return { type, shape, data: new View(memory) };
}

/** Memory of a tensor that `servePreparer` made. */
export function tensorMemory({ data }: Tensor): ArrayBuffer {
  return data.buffer as ArrayBuffer;
}
