/** Pixels of a `uint8` npy array of the shape (height, width) or (height, width, 1, 3 or 4), as sharp takes them raw. */
export interface RawPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
}

/** NumPy Enhancement Proposal 1: the bytes of such a file begin with this. */
const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.equals(bytes.subarray(0, MAGIC.length));
}

/** Undefined for arrays of other types and orders: those are not drawn on. */
export function npyPixels(bytes: Uint8Array): RawPixels | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirstVersion = view[6] === 1;
  const start = isFirstVersion ? 10 : 12;
  if (!isNpy(bytes) || view.length < start) return undefined;
  const end = start + (isFirstVersion ? view.readUInt16LE(8) : view.readUInt32LE(8));
  const header = view.subarray(start, end).toString('latin1');
  const shape = (/'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const [height = 0, width = 0, channels = 1] = shape;
  const isPlain = /'descr':\s*'\|u1'/.test(header) && /'fortran_order':\s*False/.test(header);
  if (!isPlain || shape.length < 2 || shape.length > 3 || ![1, 3, 4].includes(channels)) return undefined;
  const data = view.subarray(end, end + height * width * channels);
  if (data.length !== height * width * channels || data.length === 0) return undefined;
  return { data, width, height, channels: channels as 1 | 3 | 4 };
}
