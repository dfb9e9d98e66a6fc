import type { Clock } from '#packages/foundation';
import { frameBytes, isFrameBody, readFrame, readFrameBody } from '#packages/frames';
import type { PlacedFrame, RawFrame } from '#packages/frames';
import type { InputSpec } from '#packages/model-package';
import { FramePreprocessor } from './frame/frame-preprocessor.ts';
import { decodeImage } from './image/decode-image.ts';
import type { ImageSize } from './image/pixels.ts';
import { shrinkPolicy } from './image/shrink-policy.ts';
import { turboJpeg } from './image/turbo-jpeg.ts';
import type { PreparedImage, Tensor } from './loaded-model.ts';
import type { Geometry } from './resize/geometry.ts';
import { plainPixels, Preprocessor } from './tensor/preprocessor.ts';

export interface PreparerOptions {
  readonly clock: Clock;
  readonly maxPixels: number;
  readonly reducedDecode: boolean;
}

/** The first half of a request: compressed bytes to the model's input tensor. */
export class ImagePreparer {
  readonly #options: PreparerOptions;
  readonly #preprocessor: Preprocessor;
  readonly #shrinkFor: (size: ImageSize) => 1 | 2 | 4 | 8;
  #frames: FramePreprocessor | undefined;

  constructor(input: InputSpec, options: PreparerOptions) {
    this.#options = options;
    this.#preprocessor = new Preprocessor(input, { maxPixels: options.maxPixels });
    const firstPass = (size: ImageSize): Geometry => {
      const { passes, last } = this.#preprocessor.planFor(size);
      return passes[0] ?? last;
    };
    this.#shrinkFor = shrinkPolicy(firstPass, options.reducedDecode);
  }

  /** The input tensor as it is now; the same object until its memory has to move. */
  get feed(): Tensor {
    return this.#preprocessor.feed;
  }

  /**
   * Decodes and resizes. The feed of the result is filled again by the next call.
   * @throws EdgeError `image.*`; the signal's reason when aborted between the two
   */
  async prepare(image: Uint8Array, signal?: AbortSignal): Promise<PreparedImage> {
    const { clock, maxPixels } = this.#options;
    signal?.throwIfAborted();
    if (isFrameBody(image)) return this.prepareFrame(readFrameBody(image));
    const { order, bits } = this.#preprocessor.preparation;
    const start = clock.monotonic();
    const { pixels, size } = await decodeImage(image, {
      gray: order === 'gray',
      deep: bits > 8,
      stored: order === 'stored',
      maxPixels,
      takePixels: (bytes) => this.#preprocessor.takePixels(bytes),
      shrinkFor: this.#shrinkFor,
    });
    const decoded = clock.monotonic();
    signal?.throwIfAborted();
    const placement = this.#preprocessor.fill(pixels, size);
    const filled = clock.monotonic();
    return {
      size: { width: size.width, height: size.height },
      placement,
      feed: this.feed,
      decodeMs: decoded - start,
      preprocessMs: filled - decoded,
    };
  }

  /** Memory to read a raw frame into, at least `bytes` long, valid until the next call; `prepareFrame` does not copy what lies there. */
  takeFrame(bytes: number): Buffer {
    return this.#framePreprocessor.take(bytes);
  }

  /**
   * A raw frame to the model's input tensor. The feed of the result is filled again by the next call.
   * @throws EdgeError `image.frame-invalid`
   */
  prepareFrame(frame: RawFrame): PreparedImage {
    const { clock } = this.#options;
    const start = clock.monotonic();
    const { placement, feed } = this.#framePreprocessor.fill(frame);
    const size = { width: frame.width, height: frame.height };
    return { size, placement, feed, decodeMs: 0, preprocessMs: clock.monotonic() - start };
  }

  /** As `prepareFrame`, for a frame that lies in a ring. @throws EdgeError `frames.stale` too */
  preparePlaced(frame: PlacedFrame): PreparedImage {
    const { clock } = this.#options;
    const start = clock.monotonic();
    const data = this.takeFrame(frameBytes(frame.layout));
    readFrame(frame, data);
    const decodeMs = clock.monotonic() - start;
    return { ...this.prepareFrame({ ...frame.layout, data }), decodeMs };
  }

  /** With a tensor of its own, so only once there is a frame. */
  get #framePreprocessor(): FramePreprocessor {
    return (this.#frames ??= new FramePreprocessor(this.#preprocessor));
  }

  /** Loads the decoder and lets the compilers see the code, so that the first image does not pay for it. */
  warmUp(): void {
    turboJpeg();
    const image = plainPixels(this.#preprocessor.preparation.channels);
    for (let times = 0; times < WARM_FILLS; times++) this.#preprocessor.fill(image);
  }
}

/** Enough for the compilers to have seen the code. */
const WARM_FILLS = 4;
