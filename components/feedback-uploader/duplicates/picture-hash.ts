import type Sharp from 'sharp';
import { lazyPackage } from '#packages/foundation';

/** The gray picture that is hashed, in pixels each way. */
const SIDE = 32;
/** Frequencies each way that the hash is made of, the lowest ones but the mean. */
const WAVES = 8;

/** Makes the hash of a picture, as a port: in this process, or in one of its own. Undefined if the bytes are not a picture. */
export type HashPicture = (image: Uint8Array) => Promise<Uint8Array | undefined>;

const loadSharp = lazyPackage<typeof Sharp>('sharp');

/**
 * A picture in 64 bits that hardly change with its size, its quality and its light: the upright picture is made 32 × 32 gray pixels, whatever
 * its shape, of which the discrete cosine transform is taken; each bit says whether one of the 8 × 8 lowest frequencies, those that are
 * constant along a side left out, is above their median. Source: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, Upper Austria
 * University of Applied Sciences (2010), 3.2.1.
 */
export const hashPicture: HashPicture = async (image) => {
  if (!isPicture(image)) return undefined;
  const sharp = loadSharp();
  sharp.cache(false);
  sharp.concurrency(1);
  // A JPEG is decoded at an eighth of its size if that is enough; other formats row by row.
  const pixels = await sharp(image, { failOn: 'error', sequentialRead: true })
    .autoOrient()
    .flatten()
    .toColourspace('b-w')
    .resize(SIDE, SIDE, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
    .catch(() => undefined);
  return pixels && bitsOf(frequencies(pixels));
};

/** Whether the bytes begin as JPEG, PNG or WebP. Cheap: asked before a process is. */
export function isPicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 12)).toString('latin1');
  return /^(\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF[^]{4}WEBP)/.test(head);
}

/** `cos((2i + 1) kπ / 2N)` of the transform, wave by wave. */
const COSINES = Array.from({ length: WAVES }, (_, wave) =>
  Float64Array.from({ length: SIDE }, (__, at) => Math.cos(((2 * at + 1) * (wave + 1) * Math.PI) / (2 * SIDE))),
);

/** Rows first, their frequencies then. */
function frequencies(pixels: Uint8Array): Float64Array {
  const across = COSINES.map((cosine) =>
    Float64Array.from({ length: SIDE }, (_, row) =>
      cosine.reduce((sum, factor, column) => sum + factor * (pixels[row * SIDE + column] as number), 0),
    ),
  );
  return Float64Array.from(COSINES.flatMap((cosine) => across.map((rows) => product(cosine, rows))));
}

function product(one: Float64Array, other: Float64Array): number {
  return one.reduce((sum, value, at) => sum + value * (other[at] as number), 0);
}

function bitsOf(values: Float64Array): Uint8Array {
  const ordered = values.toSorted();
  const median = ((ordered[values.length / 2 - 1] as number) + (ordered[values.length / 2] as number)) / 2;
  const hash = new Uint8Array(values.length / 8);
  values.forEach((value, bit) => {
    if (value > median) hash[bit >> 3] = (hash[bit >> 3] as number) | (1 << (bit & 7));
  });
  return hash;
}

/** Bits in which two hashes differ. */
export function hashDistance(one: Uint8Array, other: Uint8Array): number {
  let distance = 0;
  for (let at = 0; at < one.length; at++) {
    let bits = (one[at] as number) ^ (other[at] as number);
    for (; bits > 0; bits &= bits - 1) distance++;
  }
  return distance;
}
