import { FRAME_BODY_HEADER, FRAME_BODY_TYPE, frameBytes, readFrame, writeFrameBodyHeader } from '#packages/frames';
import type { PlacedFrame } from '#packages/frames';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import { ImageFile } from '../picture/image-file.ts';
import { isFrame } from '../picture/picture.ts';
import type { Picture } from '../picture/picture.ts';

/** A picture with memory of its own, for a run after the answer. */
export interface PictureCopy {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string | undefined;
}

/**
 * Copies a picture for later: bytes at once, since the model that answers takes them with it; a frame or a file only once its own
 * run has begun (`late`), so that the answer does not wait for the copy. Either is there until the answer leaves.
 */
export class FrameCopy {
  readonly #buffers: BufferPool;
  #copy: Promise<PictureCopy> | PictureCopy | undefined;

  constructor(buffers: BufferPool, picture: Picture, contentType: string | undefined) {
    this.#buffers = buffers;
    if (!(picture instanceof Uint8Array)) return;
    const bytes = buffers.take(picture.length);
    bytes.set(picture);
    this.#copy = { bytes, contentType };
  }

  /** To be called once the run that answers has begun. Never throws: what cannot be copied is not there. */
  late(picture: Picture): void {
    if (this.#copy) return;
    try {
      if (picture instanceof ImageFile) {
        const copy = picture.read().then((bytes) => ({ bytes, contentType: undefined }));
        copy.catch(() => undefined);
        this.#copy = copy;
      } else if (isFrame(picture)) this.#copy = { bytes: this.#copyFrame(picture), contentType: FRAME_BODY_TYPE };
    } catch {
      this.#copy = undefined;
    }
  }

  /** The copy, which then belongs to the caller; undefined if there is none. */
  async take(): Promise<PictureCopy | undefined> {
    const copy = this.#copy;
    this.#copy = undefined;
    return Promise.resolve(copy).catch(() => undefined);
  }

  /** Gives the memory back. Idempotent. */
  async drop(): Promise<void> {
    const copy = await this.take();
    if (copy) this.#buffers.give(copy.bytes.buffer);
  }

  #copyFrame(frame: PlacedFrame): Uint8Array<ArrayBuffer> {
    const body = this.#buffers.take(FRAME_BODY_HEADER + frameBytes(frame.layout));
    writeFrameBodyHeader(Buffer.from(body.buffer, body.byteOffset, body.byteLength), frame.layout);
    readFrame(frame, body.subarray(FRAME_BODY_HEADER));
    return body;
  }
}
