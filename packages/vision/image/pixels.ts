/** Decoded image: rows from the top, channels interleaved, 8 bits each or 16. `data` may be longer than the image. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 3: red, green, blue. 1: grey. Others: as the file has them. */
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

/** EXIF orientation: how the stored raster lies; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Whether upright width and height are the stored ones exchanged. */
export function isTransposed(orientation: Orientation): boolean {
  return orientation >= 5;
}
