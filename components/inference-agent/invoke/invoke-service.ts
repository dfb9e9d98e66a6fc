import type { EdgeError } from '#packages/foundation';
import type { InvokeResult } from '#packages/http';

import type { Admission, AdmissionRequest, AdmittedRequest, Admitted } from '../admission/admission.ts';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import { outputsForJson } from './json-outputs.ts';

export interface InvokePorts {
  readonly admission: Admission<ServingModel>;
  /** Memory for images. */
  readonly buffers: BufferPool;
  readonly maxImageBytes: () => number;
  readonly observe: (service: string, result: InvokeResult) => void;
  readonly observeError: (service: string, thrown: unknown) => void;
}

/** Answers invocations, however they came: over HTTP or over IPC. */
export class InvokeService {
  readonly #ports: InvokePorts;

  constructor(ports: InvokePorts) {
    this.#ports = ports;
  }

  get maxImageBytes(): number {
    return this.#ports.maxImageBytes();
  }

  get buffers(): BufferPool {
    return this.#ports.buffers;
  }

  /** Lets a request in before its body is there. @throws EdgeError `admission.*`, `model.not-found` */
  begin(service: string, request: AdmissionRequest): InvokeCall {
    return new InvokeCall(this.#ports, service, this.#ports.admission.enter(service, request));
  }
}

/** One request that was let in. */
export class InvokeCall {
  readonly #ports: InvokePorts;
  readonly #service: string;
  readonly #request: AdmittedRequest<ServingModel>;

  constructor(ports: InvokePorts, service: string, request: AdmittedRequest<ServingModel>) {
    this.#ports = ports;
    this.#service = service;
    this.#request = request;
  }

  /** Runs the image, whose bytes are moved away. @throws EdgeError `image.*`, `model.*`, `instance.*`, `admission.*` */
  async run(id: string, image: Uint8Array<ArrayBuffer>, contentType?: string): Promise<InvokeResult> {
    return (await this.runWhole(id, image, contentType)).result;
  }

  /** As `run`, with what the answer of the HTTP API leaves out. */
  async runWhole(id: string, image: Uint8Array<ArrayBuffer>, contentType?: string): Promise<InvokeOutcome> {
    this.#ports.admission.submit(this.#request, image, contentType);
    try {
      const answer = await this.#request.answer;
      const result = resultOf(id, this.#service, answer);
      // Counted once the answer is on its way: histograms are a tenth of what the agent adds to a request.
      setImmediate(() => this.#ports.observe(this.#service, result));
      return { result, classScores: answer.inference.classScores };
    } catch (thrown) {
      this.#ports.observeError(this.#service, thrown);
      throw thrown;
    }
  }

  /** Calls back with the reason when the request ends early, at once if it has. */
  onEnded(listener: (reason: EdgeError) => void): void {
    if (this.#request.ended) listener(this.#request.ended);
    else this.#request.onEnded = listener;
  }

  /** The caller is gone. */
  cancel(): void {
    this.#ports.admission.cancel(this.#request);
  }

  /** The body did not come. */
  fail(thrown: unknown): void {
    this.#request.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    this.#ports.observeError(this.#service, thrown);
  }
}

export interface InvokeOutcome {
  readonly result: InvokeResult;
  /** Only of classifiers: the scores of all classes, in model order. */
  readonly classScores: Float32Array | undefined;
}

function resultOf(id: string, service: string, { inference, queueMs, target }: Admitted<ServingModel>): InvokeResult {
  const { image, predictions, timings, outputs } = inference;
  return {
    id,
    service,
    model: target.identity,
    provider: target.instance.facts.provider,
    variant: target.instance.facts.variant,
    image,
    predictions,
    ...(outputs ? { outputs: outputsForJson(outputs) } : {}),
    timings: { queueMs: Math.round(queueMs * 1000) / 1000, ...timings },
  };
}
