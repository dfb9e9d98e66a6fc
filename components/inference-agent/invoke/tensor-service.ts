import type { Prediction, Timings } from '#packages/model-package';
import type { Inference, NamedTensors } from '#packages/vision';
import type { AdmissionRequest } from '../admission/admission.ts';
import type { TensorFeeds, TensorRun } from '../instance/model-instance.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { ObservedRun, SeenPicture } from './observed-run.ts';
import { OpenCall } from './open-call.ts';
import type { CallPorts } from './open-call.ts';

export interface TensorPorts extends CallPorts {
  readonly now: () => number;
  /** @param seen if the request brought a picture */
  readonly observe: (service: string, run: ObservedRun, seen?: SeenPicture) => void;
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

/** Input for the model that answers: tensors, or an encoded image that becomes one. */
export type Feeds = TensorFeeds | { readonly image: Uint8Array<ArrayBuffer> };

/** Answers requests that bring tensors in place of images; they wait in the same queues. */
export class TensorService {
  readonly #ports: TensorPorts;

  constructor(ports: TensorPorts) {
    this.#ports = ports;
  }

  /** Lets a request in before its tensors are there. @throws EdgeError `admission.*`, `model.not-found` */
  begin(service: string, request: AdmissionRequest): TensorCall {
    return new TensorCall(this.#ports, service, this.#ports.admission.enter<BoundRun>(service, request));
  }

  /** As `begin` and `TensorCall.run`. @throws EdgeError of `feeds`, `admission.*`, `model.*`, `instance.*` */
  run(service: string, request: TensorRequest): Promise<TensorAnswer> {
    const call = this.begin(service, { ...request, announcedBytes: request.bytes });
    request.onCancelled(() => call.cancel());
    call.arrived(request.bytes);
    return call.run(request.feeds);
  }
}

/** One request that was let in. */
export class TensorCall extends OpenCall<TensorPorts, BoundRun> {
  /** @throws EdgeError of `feeds`, `admission.*`, `model.*`, `instance.*`, `image.*` */
  async run(
    feeds: (model: ServingModel) => Feeds,
    ofPredictions: (predictions: readonly Prediction[]) => NamedTensors = () => ({}),
  ): Promise<TensorAnswer> {
    const { admission, now, observe, observeError, judge } = this.ports;
    admission.submitWork(this.request, async (model) => {
      const startedAt = now();
      const given = feeds(model);
      const preprocessMs = now() - startedAt;
      const run =
        'image' in given
          ? await runImage(model, given.image, (predictions) => ofPredictions(judge(this.service, model, predictions)))
          : await model.inferTensors(given);
      return { ...run, preprocessMs, totalMs: now() - startedAt };
    });
    try {
      const { inference, queueMs, target: model } = await this.request.answer;
      const { outputs, runMs, preprocessMs, totalMs } = inference;
      const timings: Timings = { queueMs, decodeMs: 0, preprocessMs, runMs, postprocessMs: 0, totalMs };
      const seen = inference.seen && { inference: inference.seen, target: model };
      setImmediate(() => observe(this.service, { model: model.identity, timings }, seen));
      return { outputs, model, timings };
    } catch (thrown) {
      observeError(this.service, thrown);
      throw thrown;
    }
  }
}

interface BoundRun extends TensorRun {
  /** If the request brought a picture. */
  readonly seen?: Inference;
  readonly preprocessMs: number;
  readonly totalMs: number;
}

async function runImage(
  model: ServingModel,
  image: Uint8Array<ArrayBuffer>,
  ofPredictions: (predictions: readonly Prediction[]) => NamedTensors,
): Promise<TensorRun & Pick<BoundRun, 'seen'>> {
  const seen = await model.infer(image);
  const { outputs, predictions, timings } = seen;
  return { outputs: outputs ?? ofPredictions(predictions), runMs: timings.runMs, seen };
}
