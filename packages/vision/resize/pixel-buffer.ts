/** Larger images get memory of their own, so that one photo of 50 million pixels does not hold 150 MB for good. */
export const MAX_KEPT_BYTES = 48 * 1024 * 1024;

/** Memory for decoded pixels that is used again for the next image: fresh pages would cost more than decoding a small JPEG. */
export class PixelBuffer {
  #kept = Buffer.alloc(0);

  /** At least `bytes` bytes with unknown content, valid until the next call. */
  takePixels(bytes: number): Buffer {
    if (bytes > MAX_KEPT_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (this.#kept.length < bytes)
      this.#kept = Buffer.allocUnsafeSlow(Math.min(MAX_KEPT_BYTES, Math.ceil(bytes * 1.25)));
    return this.#kept;
  }
}
