import type { MessagePort } from 'node:worker_threads';

import type { Inference, LoadedModel, TensorData } from '../vision/loaded-model.ts';
import type { GenerationFacts, OpenProgress } from './generation.ts';
import type { FromWorker, ToWorker, WorkerPlan } from './protocol.ts';
import { wireErrorOf } from './wire-error.ts';

export interface OpenedModel {
  readonly model: Pick<LoadedModel, 'infer' | 'close'>;
  readonly facts: GenerationFacts;
}

export type OpenModel = (plan: WorkerPlan, progress: (step: OpenProgress) => void) => Promise<OpenedModel>;

/** The worker's side of the protocol: opens the model, then answers one request after the other until told to close. */
export async function serveWorker(port: MessagePort, plan: WorkerPlan, open: OpenModel): Promise<void> {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
  let opened: OpenedModel;
  try {
    opened = await open(plan, (step) => post({ kind: 'progress', step }));
  } catch (thrown) {
    post({ kind: 'failed', error: wireErrorOf(thrown) });
    return;
  }
  const { model, facts } = opened;

  // The main thread sends one at a time; the chain keeps to that whatever it does.
  let last = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    last = last.then(async () => {
      if (message.kind === 'close') {
        await model.close();
        port.close();
        return;
      }
      const { id, image, contentType } = message;
      const memory = image.buffer;
      try {
        const inference = await model.infer(image, contentType);
        post({ kind: 'answer', id, inference, memory }, [memory, ...buffersOf(inference)]);
      } catch (thrown) {
        post({ kind: 'error', id, error: wireErrorOf(thrown), memory }, [memory]);
      }
    });
  });
  post({ kind: 'opened', facts });
}

/** Raw outputs can be megabytes: they are moved, not copied. Only whole buffers of our own can be. */
function buffersOf({ outputs }: Inference): ArrayBuffer[] {
  if (outputs === undefined) return [];
  const whole = (data: TensorData): boolean => data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
  const buffers = Object.values(outputs).flatMap(({ data }) =>
    whole(data) && data.buffer instanceof ArrayBuffer ? [data.buffer] : [],
  );
  return [...new Set(buffers)];
}
