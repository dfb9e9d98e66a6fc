/** Decoded image: rows from the top, channels interleaved, 8 bits each or 16. `data` may be longer than the image. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3: red, green, blue. 1: gray. Others: as the file has them. */
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

export interface Decoded {
  readonly pixels: Pixels;
  /** Upright size of the whole image, which a shrunk JPEG's pixels are not of. */
  readonly size: ImageSize;
}
