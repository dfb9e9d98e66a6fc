import type { ImageSize } from './pixels.ts';

export interface DecodeOptions {
  /** The model takes gray: color need not be decoded where the format keeps brightness apart. */
  readonly gray: boolean;
  /** Values of 16-bit images are kept; by default they lose their lower byte. */
  readonly deep?: boolean;
  /** Channels are kept as the file has them, alpha too; by default they become three, or one. */
  readonly stored?: boolean;
  /** Images with more pixels are refused by their header, before any memory is taken. */
  readonly maxPixels: number;
  /** Whether a JPEG of this size may be decoded 2, 4 or 8 times smaller; by default it is not. */
  readonly shrinkFor?: (size: ImageSize) => 1 | 2 | 4 | 8;
  /** Memory for the pixels, at least as many bytes; they are valid until the next decode. */
  readonly takePixels: (bytes: number) => Buffer;
}
