import { corrupt, unsupported } from '../raster.ts';

const CLEAR = 256;
const END = 257;
const FIRST_FREE = 258;
const MAX_CODES = 4096;

/**
 * Unpacks until `into` is full.
 * Source: Adobe, "TIFF Revision 6.0", section 13; codes get longer one code early, and their highest bit comes first.
 * @throws RasterFault
 */
export function unpackLzw(packed: Uint8Array, into: Uint8Array): void {
  if (packed[0] === 0 && ((packed[1] ?? 0) & 1) === 1) throw unsupported('its LZW is of the kind before TIFF 5.0');
  const prefixes = new Uint16Array(MAX_CODES);
  const lasts = new Uint8Array(MAX_CODES);
  const lengths = new Uint16Array(MAX_CODES);
  for (let code = 0; code < CLEAR; code++) {
    lasts[code] = code;
    lengths[code] = 1;
  }
  let [free, width, before] = [FIRST_FREE, 9, -1];
  let [bits, held, at, filled] = [0, 0, 0, 0];
  /** Writes the string of a code from its end, and gives its first byte. */
  const write = (code: number): number => {
    let place = filled + (lengths[code] as number) - 1;
    filled = Math.min(place + 1, into.length);
    let rest = code;
    for (; rest >= CLEAR; rest = prefixes[rest] as number, place--) {
      if (place < into.length) into[place] = lasts[rest] as number;
    }
    if (place < into.length) into[place] = rest;
    return rest;
  };
  while (filled < into.length) {
    while (bits < width) {
      if (at >= packed.length) throw corrupt(`its LZW ends after ${filled} of ${into.length} bytes`);
      held = ((held << 8) | (packed[at++] as number)) & 0xffffff;
      bits += 8;
    }
    bits -= width;
    const code = (held >> bits) & (2 ** width - 1);
    if (code === END) throw corrupt(`its LZW ends after ${filled} of ${into.length} bytes`);
    if (code === CLEAR) {
      [free, width, before] = [FIRST_FREE, 9, -1];
      continue;
    }
    if (before < 0) {
      if (code >= CLEAR) throw corrupt(`its LZW begins with the code ${code}`);
      write(code);
      before = code;
      continue;
    }
    if (code > free || free >= MAX_CODES) throw corrupt(`its LZW has the code ${code}, and ${free} are known`);
    prefixes[free] = before;
    lengths[free] = (lengths[before] as number) + 1;
    if (code === free) lasts[free] = firstOf(before, prefixes);
    const first = write(code);
    lasts[free] = first;
    free++;
    if (free + 1 >= 2 ** width && width < 12) width++;
    before = code;
  }
}

function firstOf(code: number, prefixes: Uint16Array): number {
  let rest = code;
  while (rest >= CLEAR) rest = prefixes[rest] as number;
  return rest;
}
