import type { EdgeError } from '#packages/foundation';
import type { Prediction } from '#packages/model-package';
import type { Admission, AdmittedRequest } from '../admission/admission.ts';
import type { ServingModel } from '../registry/serving-model.ts';

export type Judge = (
  service: string,
  target: ServingModel,
  predictions: readonly Prediction[],
) => readonly Prediction[];

export interface CallPorts {
  readonly admission: Admission<ServingModel>;
  readonly observeError: (service: string, thrown: unknown) => void;
  /** The predictions of a model as the service wants them judged. */
  readonly judge: Judge;
}

/** A request that was let in, while its body comes. */
export class OpenCall<Ports extends CallPorts, Result> {
  protected readonly ports: Ports;
  protected readonly service: string;
  protected readonly request: AdmittedRequest<ServingModel, Result>;

  constructor(ports: Ports, service: string, request: AdmittedRequest<ServingModel, Result>) {
    this.ports = ports;
    this.service = service;
    this.request = request;
  }

  /** More of the body came, and is kept. Ends the request if there is no room for it. */
  arrived(bytes: number): void {
    this.ports.admission.hold(this.request, bytes);
  }

  /** Reads the body; if that throws, the request has ended with it. */
  async reading<Body>(read: () => Promise<Body> | Body): Promise<Body> {
    try {
      return await read();
    } catch (thrown) {
      this.unread(thrown);
      throw thrown;
    }
  }

  /** Reading the body threw: the request ends with that. */
  unread(thrown: unknown): void {
    this.request.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    this.ports.observeError(this.service, thrown);
  }

  /** Calls back with the reason when the request ends early, at once if it has. */
  onEnded(listener: (reason: EdgeError) => void): void {
    if (this.request.ended) listener(this.request.ended);
    else this.request.onEnded = listener;
  }

  /** The caller is gone. */
  cancel(): void {
    this.ports.admission.cancel(this.request);
  }
}
