/** EXIF orientation: how the stored raster lies; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/** Whether upright width and height are the stored ones exchanged. */
export function isTransposed(orientation: Orientation): boolean {
  return orientation >= 5;
}

/** Rows from the top, channels interleaved, 8 or 16 bits each. `data` may be longer than the image. */
interface Interleaved {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array | Uint16Array;
}

/**
 * Turns and mirrors the stored raster upright; returns the same object if nothing is to do.
 * Source: CIPA DC-008 (Exif 2.32), 4.6.4, tag 274.
 */
export function toUpright<Pixels extends Interleaved>(pixels: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return pixels;
  const { width, height, channels, data } = pixels;
  const [upWidth, upHeight] = isTransposed(orientation) ? [height, width] : [width, height];
  const out = new (data.constructor as Uint8ArrayConstructor)(upWidth * upHeight * channels);
  // Where in the stored raster the upright pixel (0, 0) lies, and how far one step right and one step down lead.
  const { origin, right, down } = STEPS[orientation](width, height);
  let to = 0;
  for (let y = 0; y < upHeight; y++) {
    let from = (origin + y * down) * channels;
    const step = right * channels;
    for (let x = 0; x < upWidth; x++, from += step) {
      for (let channel = 0; channel < channels; channel++) out[to++] = data[from + channel] as number;
    }
  }
  return { ...pixels, width: upWidth, height: upHeight, data: out };
}

type Steps = (
  width: number,
  height: number,
) => { readonly origin: number; readonly right: number; readonly down: number };

const STEPS: Readonly<Record<Exclude<Orientation, 1>, Steps>> = {
  2: (width) => ({ origin: width - 1, right: -1, down: width }),
  3: (width, height) => ({ origin: width * height - 1, right: -1, down: -width }),
  4: (width, height) => ({ origin: width * (height - 1), right: 1, down: -width }),
  5: (width) => ({ origin: 0, right: width, down: 1 }),
  6: (width, height) => ({ origin: width * (height - 1), right: -width, down: 1 }),
  7: (width, height) => ({ origin: width * height - 1, right: -width, down: -1 }),
  8: (width) => ({ origin: width - 1, right: width, down: -1 }),
};
