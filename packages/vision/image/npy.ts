import { visionErrors } from '../errors.ts';
import { roundHalfEven } from '../resize/round-half-even.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { Pixels } from './pixels.ts';

export interface NpyHeader {
  /** One letter and the bytes of an element, e.g. `u1`, `f4`. */
  readonly type: string;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly offset: number;
}

/**
 * Reads the header of a NumPy array file, versions 1 to 3.
 * Source: numpy.lib.format, "Format Version 1.0".
 * @throws EdgeError `image.corrupt`
 */
export function readNpyHeader(bytes: Uint8Array): NpyHeader {
  if (bytes.length < 12) throw corrupt('it ends before its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] as number;
  const start = major === 1 ? 10 : 12;
  const offset = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (offset > bytes.length) throw corrupt('it ends within its header');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, offset - start).toString('latin1');
  const descr = /'descr'\s*:\s*'([<>|=])([a-zA-Z])(\d+)'/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(text);
  if (!descr || !order || !shape) throw corrupt(`its header is ${JSON.stringify(text.trim().slice(0, 120))}`);
  return {
    type: `${descr[2]}${descr[3]}`,
    littleEndian: descr[1] !== '>',
    fortranOrder: order[1] === 'True',
    shape: (shape[1] ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)])),
    offset,
  };
}

/** Height, width and channels of an array that is an image; a leading dimension of 1 is a batch of one. `stored`: any number of channels. */
export function imageShapeOf(
  header: NpyHeader,
  stored = false,
): { readonly height: number; readonly width: number; readonly channels: number } {
  const shape = header.shape.length === 4 && header.shape[0] === 1 ? header.shape.slice(1) : header.shape;
  const [height = 0, width = 0, channels = 1] = shape;
  const isCount =
    channels === 1 || channels === 3 || channels === 4 || (stored && channels >= 1 && channels <= MAX_CHANNELS);
  const fits = (shape.length === 2 || shape.length === 3) && isCount;
  if (!fits || height < 1 || width < 1) {
    throw visionErrors.error(
      'image.unsupported',
      `the npy array has the shape (${header.shape.join(', ')}); an image is (height, width) or (height, width, ${stored ? 'channels' : '1, 3 or 4'})`,
      { facts: { format: 'npy' } },
    );
  }
  return { height, width, channels };
}

/**
 * An array as the old components took it: what `cv2.imread` gives, so gray, BGR or BGRA (alpha is dropped), 0..255 whatever the type.
 * `stored`: its channels as they are. `deep`: values of more than a byte are 0..65535.
 * @throws EdgeError `image.corrupt`, `image.unsupported`
 */
export function decodeNpy(
  bytes: Uint8Array,
  header: NpyHeader,
  { deep = false, stored = false }: Pick<DecodeOptions, 'deep' | 'stored'> = {},
): Pixels {
  const { height, width, channels } = imageShapeOf(header, stored);
  const read = READERS[header.type];
  if (!read) {
    throw visionErrors.error(
      'image.unsupported',
      `the npy array holds "${header.type}"; ${Object.keys(READERS).join(', ')} are supported`,
      { facts: { format: 'npy' } },
    );
  }
  const size = Number(header.type.slice(1));
  const view = new DataView(bytes.buffer, bytes.byteOffset + header.offset, bytes.byteLength - header.offset);
  const need = height * width * channels * size;
  if (view.byteLength < need) throw corrupt(`${view.byteLength} bytes follow the header, ${need} are needed`);
  const [stepY, stepX, stepC] = header.fortranOrder ? [1, height, height * width] : [width * channels, channels, 1];
  const outChannels = stored ? channels : channels === 1 ? 1 : 3;
  const isDeep = deep && size > 1;
  const most = isDeep ? 65_535 : 255;
  const data = new (isDeep ? Uint16Array : Uint8Array)(height * width * outChannels);
  const isFloat = header.type.startsWith('f');
  const seen = new SeenFloats();
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * stepY + x * stepX;
      for (let c = 0; c < outChannels; c++) {
        // Stored blue first.
        const channel = stored ? c : outChannels - 1 - c;
        const value = read(view, (from + channel * stepC) * size, header.littleEndian);
        if (isFloat) seen.add(value);
        data[to++] = Math.min(most, Math.max(0, roundHalfEven(value)));
      }
    }
  }
  if (isFloat) seen.refuseFractions();
  return { width, height, channels: outChannels, data };
}

/** Fractions up to this are what normalization leaves; as pixels they would be black. */
const MOST_NORMALIZED = 10;

/** Looks whether floating-point numbers can be pixels of 0..255. */
class SeenFloats {
  #low = Infinity;
  #high = -Infinity;
  #isWhole = true;
  #isNumber = true;

  add(value: number): void {
    if (value < this.#low) this.#low = value;
    if (value > this.#high) this.#high = value;
    this.#isWhole &&= Number.isInteger(value);
    this.#isNumber &&= !Number.isNaN(value);
  }

  /** @throws EdgeError `image.unsupported` */
  refuseFractions(): void {
    const [low, high] = [this.#low, this.#high];
    const isMask = low >= 0 && high > 0 && high <= 1;
    const isSmall = low >= -MOST_NORMALIZED && high <= MOST_NORMALIZED && !this.#isWhole;
    if (this.#isNumber && !isMask && !isSmall) return;
    const range = this.#isNumber ? `from ${low} to ${high}` : 'of which some are NaN';
    throw visionErrors.error(
      'image.unsupported',
      `the npy array holds floating-point numbers ${range}, and pixels are 0..255 here: multiply by 255 what lies in 0..1, undo a ` +
        'normalization, or send a tensor by Open Inference Protocol, which is taken as it is',
      { facts: { format: 'npy' } },
    );
  }
}

const MAX_CHANNELS = 64;

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const READERS: Readonly<Record<string, Reader>> = {
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

function corrupt(what: string): Error {
  return visionErrors.error('image.corrupt', `the npy array cannot be read: ${what}`);
}
