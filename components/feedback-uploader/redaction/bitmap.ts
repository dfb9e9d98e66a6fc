/** Pixels in rows, channels interleaved. */
export interface Bitmap {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** Pixels of one row, the end not included. */
export interface Span {
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** Channels that show something; alpha stays as it is. */
export function colors({ channels }: Bitmap): number {
  return channels === 2 || channels === 4 ? channels - 1 : channels;
}
