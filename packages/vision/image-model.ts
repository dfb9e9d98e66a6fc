import { Serial } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { PlacedFrame } from '#packages/frames';
import type { OutputDecoder } from './decoders/decoder.ts';
import { visionErrors } from './errors.ts';
import type { ImagePreparer } from './image-preparer.ts';
import type { Inference, LoadedModel, NamedTensors, PreparedImage, ProviderShares, Tensor } from './loaded-model.ts';
import type { OpenedModel } from './session/provider-ladder.ts';
import type { PictureReader } from './statistics/picture-reader.ts';
import { runError } from './session/run-errors.ts';
import type { TensorInfo } from './loaded-model.ts';
import { completeFeeds, warmUpFeeds } from './session/tensor-inputs.ts';
import type { Placement } from './resize/geometry.ts';
import { readTensorFeeds } from './tensor/tensor-feeds.ts';
import type { TensorInputs } from '#packages/model-package';

export interface ImageModelParts extends OpenedModel {
  readonly shares?: ProviderShares;
  readonly decoder: OutputDecoder;
  /** Undefined if model.json describes no image. */
  readonly preparer: ImagePreparer | undefined;
  /** Undefined if the model does not take one image. */
  readonly inputName: string | undefined;
  readonly tensorInputs: TensorInputs;
  readonly returnOutputs: boolean;
  /** Of the arrays of a file that is sent in place of an image. */
  readonly maxTensorBytes: number;
  readonly clock: Clock;
  /** Measures each picture; undefined if nobody wants to know. */
  readonly reader?: PictureReader | undefined;
  /** Told of the outputs of an image once they are decoded. */
  readonly onDecoded?: (outputs: NamedTensors) => void;
}

/** Puts the steps of one request together. Requests run one after the other because they share the input's memory. */
export function imageModel(parts: ImageModelParts): LoadedModel {
  const { session, decoder, preparer, inputName, tensorInputs, clock } = parts;
  const queue = new ClosableSerial();

  async function run(feeds: NamedTensors, fetches: readonly string[]): Promise<NamedTensors> {
    return session.run(feeds, fetches).catch((error: unknown) => {
      throw runError(error);
    });
  }

  async function infer(image: Uint8Array, signal: AbortSignal | undefined): Promise<Inference> {
    if (inputName === undefined || !preparer) return inferFile(image, signal);
    return finish(await preparer.prepare(image, signal));
  }

  /** Arrays stand for the image if the model does not take one. */
  async function inferFile(file: Uint8Array, signal: AbortSignal | undefined): Promise<Inference> {
    const start = clock.monotonic();
    const feeds = await readTensorFeeds(file, 'the input', session.inputs, tensorInputs, parts.maxTensorBytes);
    const read = clock.monotonic();
    const outputs = await inferTensors(feeds, signal);
    const runMs = clock.monotonic() - read;
    const decodeMs = read - start;
    return {
      image: NO_IMAGE,
      predictions: [],
      outputs,
      timings: { decodeMs, preprocessMs: 0, runMs, postprocessMs: 0, totalMs: decodeMs + runMs },
    };
  }

  async function inferFrame(frame: PlacedFrame, signal: AbortSignal | undefined): Promise<Inference> {
    signal?.throwIfAborted();
    return finish(takesImages().preparer.preparePlaced(frame));
  }

  async function finish(prepared: PreparedImage): Promise<Inference> {
    const { size, placement, feed, decodeMs, preprocessMs } = prepared;
    // Now, while the tensor is in the processor's cache.
    const { picture, measureMs } = measured(feed, placement);
    const start = clock.monotonic();
    const outputs = await run(
      completeFeeds({ [takesImages().name]: feed }, session.inputs, tensorInputs),
      decoder.fetches,
    );
    const ran = clock.monotonic();
    let classScores: Float32Array | undefined;
    const predictions = decoder.decode(outputs, placement, (scores) => (classScores = scores));
    const end = clock.monotonic();
    parts.onDecoded?.(outputs);
    return {
      image: size,
      predictions,
      placement,
      timings: {
        decodeMs,
        preprocessMs,
        runMs: ran - start,
        postprocessMs: end - ran,
        totalMs: decodeMs + preprocessMs + measureMs + (end - start),
      },
      ...(picture ? { picture } : {}),
      ...(classScores ? { classScores } : {}),
      ...(parts.returnOutputs ? { outputs } : {}),
    };
  }

  function measured(feed: Tensor, placement: Placement) {
    if (!parts.reader) return { picture: undefined, measureMs: 0 };
    const start = clock.monotonic();
    const picture = parts.reader.read(feed, placement);
    return { picture, measureMs: clock.monotonic() - start };
  }

  function takesImages(): { readonly name: string; readonly preparer: ImagePreparer } {
    if (inputName !== undefined && preparer) return { name: inputName, preparer };
    throw visionErrors.error('model.input-invalid', 'the model does not take one image; send tensors');
  }

  async function inferTensors(given: NamedTensors, signal: AbortSignal | undefined): Promise<NamedTensors> {
    signal?.throwIfAborted();
    const names = session.outputs.map((output) => output.name);
    return run(completeFeeds(given, session.inputs, tensorInputs), names);
  }

  async function warmUp(): Promise<boolean> {
    preparer?.warmUp();
    const feeds = emptyFeeds(session.inputs, tensorInputs, inputName, preparer);
    if (feeds) await run(feeds, decoder.fetches);
    return feeds !== undefined;
  }

  return {
    provider: parts.provider,
    fallbacks: parts.fallbacks,
    ...(parts.shares ? { shares: parts.shares } : {}),
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

/** Size of an input that is not an image. */
const NO_IMAGE = { width: 0, height: 0 } as const;

/** Input for a run without a request; undefined if model.json does not say enough. */
export function emptyFeeds(
  inputs: readonly TensorInfo[],
  tensorInputs: TensorInputs,
  inputName: string | undefined,
  preparer: ImagePreparer | undefined,
): NamedTensors | undefined {
  const image = inputName === undefined || !preparer ? {} : { [inputName]: preparer.feed };
  const others = warmUpFeeds(
    inputs.filter(({ name }) => !Object.hasOwn(image, name)),
    tensorInputs,
  );
  return others && { ...others, ...image };
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
