/** Pixels of a BMP or TIFF file: upright, rows from the top, channels interleaved. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  /** 1: gray. 3: red, green, blue. 4: with alpha, if `hasAlpha`. Others: as the file has them. */
  readonly channels: number;
  /** Whether the last of the channels says how opaque a pixel is. */
  readonly hasAlpha: boolean;
  /** 8 or 16 bits each. */
  readonly data: Uint8Array | Uint16Array;
}

/** Why a file cannot be read. `unsupported`: it may be sound, and is of a kind that is not read. */
export class RasterFault extends Error {
  readonly kind: 'corrupt' | 'unsupported' | 'too-large';
  /** In pixels, of one that is too large. */
  readonly size: { readonly width: number; readonly height: number };

  constructor(kind: RasterFault['kind'], message: string, size = { width: 0, height: 0 }) {
    super(message);
    this.name = 'RasterFault';
    this.kind = kind;
    this.size = size;
  }
}

export function corrupt(message: string): RasterFault {
  return new RasterFault('corrupt', message);
}

export function unsupported(message: string): RasterFault {
  return new RasterFault('unsupported', message);
}

/** Looks at a size before memory is taken for it. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (width < 1 || height < 1) throw corrupt(`its size is ${width}×${height}`);
  if (width * height <= maxPixels) return;
  throw new RasterFault('too-large', `it has ${width}×${height} pixels`, { width, height });
}
