import { fullJitter, isEdgeError, messageOf } from '#packages/foundation';
import type { Clock, Incidents, Waker } from '#packages/foundation';
import { FRAME_BODY_TYPE } from '#packages/frames';
import type { AgentClient, FrameInvokeOptions, InvokeResult } from '#packages/http';

import { appErrors } from '../errors.ts';
import type { Frame, LoadedImage } from '../frame/frame.ts';
import type { HeldFrame } from '../frame/held-frame.ts';
import type { AwaitedServices } from './awaited-services.ts';
import type { FileNaming } from './file-naming.ts';
import { picturesSubject } from '../sources/subjects.ts';
import { remedyFor } from './remedy.ts';

export interface InferenceRetrierOptions {
  readonly agent: Pick<AgentClient, 'invoke' | 'invokeFile' | 'invokeFrame'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly incidents: Incidents;
  readonly awaited: AwaitedServices;
  /** Woken when a model was activated. */
  readonly waker: Waker;
  /** Deadline of one request, milliseconds. */
  readonly timeoutMs: () => number;
  /** Which images the agent reads itself. */
  readonly naming: FileNaming;
  /** Whether `onAnswer` is to be told of this service's answers. */
  readonly wantsImages: (service: string) => boolean;
  /** Told of an answer while the image is still in memory; must return at once. */
  readonly onAnswer: (frame: Frame, image: LoadedImage, result: InvokeResult) => void;
}

export interface Patience {
  readonly signal: AbortSignal;
  /** How long to wait for a model or for the agent, all tries together; `Infinity`: forever. */
  readonly waitMs: number;
  /** Whether a model that is not there may still come. Default: it may. */
  readonly mayCome?: () => Promise<boolean>;
}

const BACKOFF = { baseMs: 250, capMs: 5_000 };
const TRIES_PER_IMAGE = 3;

/** Asks the agent, and goes on asking where time or a deployment can help. */
export class InferenceRetrier {
  readonly #options: InferenceRetrierOptions;

  constructor(options: InferenceRetrierOptions) {
    this.#options = options;
  }

  /** @throws EdgeError of the agent or of the frame's file; `service.no-model` when patience ends. */
  async ask(frame: Frame, service: string, { signal, waitMs, mayCome }: Patience): Promise<InvokeResult> {
    const { clock, random, awaited, waker } = this.#options;
    const startedAt = clock.monotonic();
    let tries = 0;
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await this.#askOnce(frame, service, signal);
        awaited.answers(service);
        return result;
      } catch (thrown) {
        signal.throwIfAborted();
        const remedy = remedyFor(thrown);
        if (remedy === 'again') tries++;
        if (remedy === 'none' || tries >= TRIES_PER_IMAGE) throw thrown;
        const delayMs = Math.max(fullJitter(BACKOFF, attempt, random), retryAfterOf(thrown));
        if (remedy === 'model' && mayCome !== undefined && !(await mayCome())) throw noModel(service, thrown);
        this.#tell(service, remedy, thrown);
        const isPatient = clock.monotonic() - startedAt + delayMs <= waitMs;
        if (!isPatient) throw remedy === 'model' ? noModel(service, thrown) : thrown;
        await waker.sleep(clock, delayMs, signal);
      }
    }
  }

  async #askOnce(frame: Frame, service: string, signal: AbortSignal): Promise<InvokeResult> {
    const { agent, naming, timeoutMs, wantsImages, onAnswer } = this.#options;
    const deadlineMs = Math.round(timeoutMs());
    if (frame.held) return this.#askHeld(frame, frame.held, service, { deadlineMs, signal });
    // The arrays of one source follow one another: a model that hands a state on continues with that of the file before.
    const sequence = /\.np[yz]$/i.test(frame.image) ? frame.source : undefined;
    const path = wantsImages(service) ? undefined : await naming.pathFor(frame);
    if (path !== undefined) {
      try {
        return await agent.invokeFile(service, path, { deadlineMs, sequence, signal });
      } catch (thrown) {
        if (!naming.isRefusal(frame, thrown)) throw thrown;
      }
    }
    return frame.withImage(async (image) => {
      const { bytes, contentType } = image;
      const answer = await agent.invoke(service, bytes, { contentType, deadlineMs, sequence, signal });
      if (wantsImages(service)) onAnswer(frame, image, answer);
      return answer;
    });
  }

  /** A frame of a camera: nothing but its name is sent, and a picture is made of it only for whoever wants one. */
  async #askHeld(
    frame: Frame,
    { request }: HeldFrame,
    service: string,
    call: FrameInvokeOptions,
  ): Promise<InvokeResult> {
    const { agent, incidents, wantsImages, onAnswer } = this.#options;
    const answer =
      request.by === 'reference'
        ? await agent.invokeFrame(service, request.reference, call)
        : await agent.invoke(service, request.body, { contentType: FRAME_BODY_TYPE, ...call });
    if (!wantsImages(service)) return answer;
    try {
      await frame.withImage(async (image) => onAnswer(frame, image, answer));
    } catch (thrown) {
      // The answer counts all the same.
      incidents.opened(picturesSubject(frame.source), 'source.picture-failed', { error: thrown });
    }
    return answer;
  }

  #tell(service: string, remedy: 'model' | 'agent' | 'again', thrown: unknown): void {
    const { awaited, incidents } = this.#options;
    if (remedy === 'again') return incidents.opened(service, 'agent.broke-off', { error: thrown, severity: 'error' });
    if (remedy === 'agent') return awaited.waits(service, 'agent.not-ready', { error: thrown });
    const deploy = modelComponent(service);
    const message = `no model answers the service ${service}; deploy the component ${deploy}, or another one whose package has this name. Its images wait`;
    const todo = 'Deploy that component; `edgeml local list` shows what is deployed.';
    awaited.waits(service, 'service.no-model', { service, deploy, message, todo });
  }
}

function modelComponent(service: string): string {
  return `edgeml.model.${service}`;
}

function noModel(service: string, cause: unknown): Error {
  const message = `no model answers the service ${service} (${messageOf(cause)}); deploy the component ${modelComponent(service)}`;
  return appErrors.error('service.no-model', message, { cause, facts: { service, deploy: modelComponent(service) } });
}

function retryAfterOf(thrown: unknown): number {
  const ms = isEdgeError(thrown) ? Number(thrown.facts['retryAfterMs']) : 0;
  return Number.isFinite(ms) ? ms : 0;
}
