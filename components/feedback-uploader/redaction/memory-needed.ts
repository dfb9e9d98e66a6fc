/** The facts that decide how much memory a redaction needs. */
export interface ImageFacts {
  readonly format: 'jpeg' | 'png' | 'webp';
  readonly pixels: number;
  /** Of the decoded image. */
  readonly bytesPerPixel: number;
  /** Of the file. */
  readonly fileBytes: number;
  /** Progressive JPEG, interlaced PNG: nothing of it can be decoded before all of it is there. */
  readonly isProgressive: boolean;
  readonly subsampling: '4:4:4' | '4:2:0';
}

/**
 * Bytes that a redaction may take beside what its process takes anyway; 150 MB together, as measured (docs/feedback.md).
 * A usual photo of 12 megapixels takes 50 MB.
 */
export const MAX_REDACTION_BYTES = 62_000_000;
/** Coming, being decoded, and going again. */
const FILE_COPIES = 3;
/** WebP has no rows: decoder and encoder each have the whole image once more. */
const WEBP_BYTES_PER_PIXEL = 9;
/** A coefficient is a number of 16 bits. */
const COEFFICIENTS_BYTES_PER_PIXEL = { '4:4:4': 6, '4:2:0': 3 } as const;

/** Bytes that it takes to redact an image: its pixels, its file, and what its format wants to have at once. */
export function bytesToRedact(image: ImageFacts): number {
  return image.pixels * (image.bytesPerPixel + formatBytesPerPixel(image)) + FILE_COPIES * image.fileBytes;
}

function formatBytesPerPixel({ format, isProgressive, subsampling, bytesPerPixel }: ImageFacts): number {
  if (format === 'webp') return WEBP_BYTES_PER_PIXEL;
  if (!isProgressive) return 0;
  return format === 'jpeg' ? COEFFICIENTS_BYTES_PER_PIXEL[subsampling] : bytesPerPixel;
}
