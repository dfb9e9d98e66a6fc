import { Serial } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { PlacedFrame } from '#packages/frames';
import type { OutputDecoder } from './decoders/decoder.ts';
import { visionErrors } from './errors.ts';
import type { ImagePreparer } from './image-preparer.ts';
import type { Inference, LoadedModel, NamedTensors, PreparedImage } from './loaded-model.ts';
import type { OpenedModel } from './session/provider-ladder.ts';
import { zerosFor } from './session/empty-tensors.ts';
import { runError } from './session/run-errors.ts';

export interface ImageModelParts extends OpenedModel {
  readonly decoder: OutputDecoder;
  readonly preparer: ImagePreparer;
  /** Undefined where the model does not take one image. */
  readonly inputName: string | undefined;
  readonly returnOutputs: boolean;
  readonly clock: Clock;
}

/** Puts the steps of one request together. Requests run one after the other because they share the input's memory. */
export function imageModel(parts: ImageModelParts): LoadedModel {
  const { session, decoder, preparer, inputName, clock } = parts;
  const queue = new ClosableSerial();

  async function run(feeds: NamedTensors, fetches: readonly string[]): Promise<NamedTensors> {
    return session.run(feeds, fetches).catch((error: unknown) => {
      throw runError(error);
    });
  }

  async function infer(image: Uint8Array, signal: AbortSignal | undefined): Promise<Inference> {
    takesImages();
    return finish(await preparer.prepare(image, signal));
  }

  async function inferFrame(frame: PlacedFrame, signal: AbortSignal | undefined): Promise<Inference> {
    takesImages();
    signal?.throwIfAborted();
    return finish(preparer.preparePlaced(frame));
  }

  async function finish(prepared: PreparedImage): Promise<Inference> {
    const { size, placement, feed, decodeMs, preprocessMs } = prepared;
    const start = clock.monotonic();
    const outputs = await run({ [takesImages()]: feed }, decoder.fetches);
    const ran = clock.monotonic();
    let classScores: Float32Array | undefined;
    const predictions = decoder.decode(outputs, placement, (scores) => (classScores = scores));
    const end = clock.monotonic();
    return {
      image: size,
      predictions,
      timings: {
        decodeMs,
        preprocessMs,
        runMs: ran - start,
        postprocessMs: end - ran,
        totalMs: decodeMs + preprocessMs + (end - start),
      },
      ...(classScores ? { classScores } : {}),
      ...(parts.returnOutputs ? { outputs } : {}),
    };
  }

  function takesImages(): string {
    if (inputName !== undefined) return inputName;
    throw visionErrors.error('model.input-invalid', 'the model does not take one image; send tensors');
  }

  async function inferTensors(given: NamedTensors, signal: AbortSignal | undefined): Promise<NamedTensors> {
    signal?.throwIfAborted();
    const names = session.outputs.map((output) => output.name);
    return run(given, names);
  }

  async function warmUp(): Promise<void> {
    preparer.warmUp();
    const feeds = inputName === undefined ? zerosFor(session.inputs) : { [inputName]: preparer.feed };
    await run(feeds, decoder.fetches);
  }

  return {
    provider: parts.provider,
    fallbacks: parts.fallbacks,
    optimized: session.optimized,
    ...(session.optimizedModel ? { optimizedModel: session.optimizedModel } : {}),
    inputs: session.inputs,
    outputs: session.outputs,
    infer: (image, _contentType, signal) => queue.run(() => infer(image, signal)),
    inferFrame: (frame, signal) => queue.run(() => inferFrame(frame, signal)),
    inferPrepared: (prepared) => queue.run(() => finish(prepared)),
    inferTensors: (given, signal) => queue.run(() => inferTensors(given, signal)),
    warmUp: () => queue.run(warmUp),
    close: () => queue.close(() => session.close()),
  };
}

/** One task at a time; after `close` none. */
class ClosableSerial {
  readonly #tasks = new Serial();
  #closing: Promise<void> | undefined;

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(visionErrors.error('model.closed', 'the model has been closed'));
    return this.#tasks.run(task);
  }

  close(end: () => Promise<void>): Promise<void> {
    return (this.#closing ??= this.#tasks.run(end));
  }
}
