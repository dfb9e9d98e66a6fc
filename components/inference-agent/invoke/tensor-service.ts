import type { Timings } from '#packages/model-package';

import type { Admission, AdmissionRequest } from '../admission/admission.ts';
import type { TensorFeeds, TensorRun } from '../instance/model-instance.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { ObservedRun } from './observed-run.ts';

export interface TensorPorts {
  readonly admission: Admission<ServingModel>;
  readonly now: () => number;
  readonly observe: (service: string, run: ObservedRun) => void;
  readonly observeError: (service: string, thrown: unknown) => void;
}

export interface TensorRequest extends Pick<AdmissionRequest, 'deadlineMs'> {
  /** Size of its tensors, which are there. */
  readonly bytes: number;
  /** The request's tensors as input of the model that serves when its turn comes. */
  readonly feeds: (model: ServingModel) => TensorFeeds;
  /** Calls back when the client hung up. */
  readonly onCancelled: (listener: () => void) => void;
}

export interface TensorAnswer extends Pick<TensorRun, 'outputs'> {
  /** The model that answered. */
  readonly model: ServingModel;
  readonly timings: Timings;
}

/** Answers requests that bring tensors in place of images; they wait in the same queues. */
export class TensorService {
  readonly #ports: TensorPorts;

  constructor(ports: TensorPorts) {
    this.#ports = ports;
  }

  /** @throws EdgeError of `feeds`, `admission.*`, `model.*`, `instance.*` */
  async run(service: string, request: TensorRequest): Promise<TensorAnswer> {
    const { admission, now, observe, observeError } = this.#ports;
    const admitted = admission.enter<BoundRun>(service, { ...request, announcedBytes: request.bytes });
    request.onCancelled(() => admission.cancel(admitted));
    admission.hold(admitted, request.bytes);
    admission.submitWork(admitted, async (model) => {
      const startedAt = now();
      const feeds = request.feeds(model);
      const preprocessMs = now() - startedAt;
      const run = await model.inferTensors(feeds);
      return { ...run, preprocessMs, totalMs: now() - startedAt };
    });
    try {
      const { inference, queueMs, target: model } = await admitted.answer;
      const { outputs, runMs, preprocessMs, totalMs } = inference;
      const timings: Timings = { queueMs, decodeMs: 0, preprocessMs, runMs, postprocessMs: 0, totalMs };
      setImmediate(() => observe(service, { model: model.identity, timings }));
      return { outputs, model, timings };
    } catch (thrown) {
      observeError(service, thrown);
      throw thrown;
    }
  }
}

interface BoundRun extends TensorRun {
  readonly preprocessMs: number;
  readonly totalMs: number;
}
