import type { Clock } from '../../common/clock/clock.ts';
import type { OutputDecoder } from './decoders/decoder.ts';
import { visionErrors } from './errors.ts';
import { decodeImage } from './image/decode-image.ts';
import type { ImageSize } from './image/decode-image.ts';
import type { Pixels } from './image/pixels.ts';
import { turboJpeg } from './image/turbo-jpeg.ts';
import type { Inference, LoadedModel, NamedTensors } from './loaded-model.ts';
import type { OpenedModel } from './session/provider-ladder.ts';
import { zerosFor } from './session/empty-tensors.ts';
import { runError } from './session/run-errors.ts';
import type { Preprocessor } from './tensor/preprocessor.ts';

export interface ImageModelParts extends OpenedModel {
  readonly decoder: OutputDecoder;
  readonly preprocessor: Preprocessor;
  /** Undefined where the model does not take one image. */
  readonly inputName: string | undefined;
  readonly grey: boolean;
  readonly returnOutputs: boolean;
  readonly maxPixels: number;
  readonly shrinkFor: (size: ImageSize) => 1 | 2 | 4 | 8;
  readonly clock: Clock;
}

/** Puts the steps of one request together. Requests run one after the other because they share the input's memory. */
export function imageModel(parts: ImageModelParts): LoadedModel {
  const { session, decoder, preprocessor, inputName, clock } = parts;
  const queue = new SerialQueue();
  const feeds = (): NamedTensors =>
    inputName === undefined ? zerosFor(session.inputs) : { [inputName]: preprocessor.feed };

  async function infer(image: Uint8Array, signal: AbortSignal | undefined): Promise<Inference> {
    if (inputName === undefined) {
      throw visionErrors.error('model.input-invalid', 'the model does not take one image; send tensors');
    }
    signal?.throwIfAborted();
    const start = clock.monotonic();
    const { pixels, size } = await decodeImage(image, {
      grey: parts.grey,
      maxPixels: parts.maxPixels,
      takePixels: (bytes) => preprocessor.takePixels(bytes),
      shrinkFor: parts.shrinkFor,
    });
    const decoded = clock.monotonic();
    signal?.throwIfAborted();
    const placement = preprocessor.fill(pixels, size);
    const filled = clock.monotonic();
    const outputs = await session.run(feeds(), decoder.fetches).catch((error: unknown) => {
      throw runError(error);
    });
    const ran = clock.monotonic();
    let classScores: Float32Array | undefined;
    const predictions = decoder.decode(outputs, placement, (scores) => (classScores = scores));
    const end = clock.monotonic();
    return {
      image: { width: size.width, height: size.height },
      predictions,
      timings: {
        decodeMs: decoded - start,
        preprocessMs: filled - decoded,
        runMs: ran - filled,
        postprocessMs: end - ran,
        totalMs: end - start,
      },
      ...(classScores ? { classScores } : {}),
      ...(parts.returnOutputs ? { outputs } : {}),
    };
  }

  async function inferTensors(given: NamedTensors, signal: AbortSignal | undefined): Promise<NamedTensors> {
    signal?.throwIfAborted();
    const names = session.outputs.map((output) => output.name);
    return session.run(given, names).catch((error: unknown) => {
      throw runError(error);
    });
  }

  async function warmUp(): Promise<void> {
    turboJpeg();
    for (let times = 0; times < WARM_FILLS; times++) preprocessor.fill(WARM_IMAGE);
    await session.run(feeds(), decoder.fetches).catch((error: unknown) => {
      throw runError(error);
    });
  }

  return {
    provider: parts.provider,
    fallbacks: parts.fallbacks,
    optimized: session.optimized,
    inputs: session.inputs,
    outputs: session.outputs,
    infer: (image, _contentType, signal) => queue.run(() => infer(image, signal)),
    inferTensors: (given, signal) => queue.run(() => inferTensors(given, signal)),
    warmUp: () => queue.run(warmUp),
    close: () => queue.close(() => session.close()),
  };
}

/** Enough for the compilers to have seen the code. */
const WARM_FILLS = 4;
const WARM_IMAGE: Pixels = { width: 320, height: 240, channels: 3, data: new Uint8Array(320 * 240 * 3) };

/** One task at a time; after `close` none. */
class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closing) return Promise.reject(visionErrors.error('model.closed', 'the model has been closed'));
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  close(end: () => Promise<void>): Promise<void> {
    return (this.#closing ??= this.#last.then(end));
  }
}
