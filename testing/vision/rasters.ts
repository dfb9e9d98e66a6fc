/** Small BMP and TIFF files, byte by byte, so that tests can have every kind of them, and damaged ones. */

interface BmpSpec {
  readonly bits: 1 | 4 | 8 | 16 | 24 | 32;
  readonly width?: number;
  readonly height?: number;
  readonly isTopDown?: boolean;
  /** Red, green, blue and alpha; the file then says so. */
  readonly masks?: readonly number[];
  /** Default: grays from black to white. */
  readonly palette?: readonly (readonly [number, number, number])[];
  /** Value of a pixel as the file holds it: an index, or its bits. */
  readonly pixel?: (x: number, y: number) => number;
}

export function bmp(spec: BmpSpec): Uint8Array {
  const { bits, width = 5, height = 3, isTopDown = false, masks = [] } = spec;
  const pixel = spec.pixel ?? ((x, y) => ((y * 7 + x) * 2654435761) % 2 ** bits);
  const levels = 2 ** bits;
  const grays = Array.from({ length: bits <= 8 ? levels : 0 }, (_, index) => {
    const gray = Math.round((index * 255) / (levels - 1));
    return [gray, gray, gray] as const;
  });
  const palette = spec.palette ?? grays;
  const headerBytes = masks.length === 4 ? 56 : 40;
  const masksBytes = masks.length === 3 ? 12 : 0;
  const pixelsAt = 14 + headerBytes + masksBytes + 4 * palette.length;
  const stride = Math.ceil((width * bits) / 32) * 4;
  const file = Buffer.alloc(pixelsAt + stride * height);
  file.write('BM', 0, 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(pixelsAt, 10);
  file.writeUInt32LE(headerBytes, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(isTopDown ? -height : height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  file.writeUInt32LE(masks.length > 0 ? 3 : 0, 30);
  file.writeUInt32LE(spec.palette ? palette.length : 0, 46);
  masks.forEach((mask, index) => file.writeUInt32LE(mask >>> 0, 54 + 4 * index));
  palette.forEach(([red, green, blue], index) =>
    file.set([blue, green, red], pixelsAt - 4 * palette.length + 4 * index),
  );
  for (let y = 0; y < height; y++) {
    const row = pixelsAt + (isTopDown ? y : height - 1 - y) * stride;
    for (let x = 0; x < width; x++) {
      const value = pixel(x, y);
      if (bits < 8) file[row + ((x * bits) >> 3)]! |= value << (8 - bits - ((x * bits) & 7));
      else file.writeUIntLE(value, row + (x * bits) / 8, bits / 8);
    }
  }
  return file;
}

interface TiffSpec {
  readonly bits: 1 | 4 | 8 | 16;
  readonly width?: number;
  readonly height?: number;
  readonly samples?: number;
  readonly little?: boolean;
  readonly rowsPerStrip?: number;
  readonly isPlanar?: boolean;
  /** Photometric interpretation; default RGB for 3 and 4 samples, else black is zero. */
  readonly kind?: number;
  /** Tags in place of those that follow from the rest, or beside them: SHORTs. */
  readonly tags?: Readonly<Record<number, readonly number[]>>;
  readonly sample?: (x: number, y: number, sample: number) => number;
}

export function tiff(spec: TiffSpec): Uint8Array {
  const { bits, width = 5, height = 3, samples = 1, little = true, isPlanar = false } = spec;
  const { rowsPerStrip = height, kind = samples === 3 || samples === 4 ? 2 : 1 } = spec;
  const sampleOf = spec.sample ?? ((x, y, sample) => (((y * 7 + x) * 5 + sample) * 2654435761) % 2 ** bits);
  const planes = isPlanar ? samples : 1;
  const rowBytes = Math.ceil((width * bits * (isPlanar ? 1 : samples)) / 8);
  const strips = Math.ceil(height / rowsPerStrip);
  const offsets = Array.from({ length: strips * planes }, (_, strip) => {
    const [plane, within] = [Math.floor(strip / strips), strip % strips];
    return 8 + (plane * height + within * rowsPerStrip) * rowBytes;
  });
  const tags: Record<number, readonly number[]> = {
    256: [width],
    257: [height],
    258: Array<number>(samples).fill(bits),
    259: [1],
    262: [kind],
    273: offsets,
    277: [samples],
    278: [rowsPerStrip],
    284: [isPlanar ? 2 : 1],
    ...(kind === 3 ? { 320: Array.from({ length: 3 * 2 ** bits }, (_, index) => (index * 257 * 3) % 65_536) } : {}),
    ...spec.tags,
  };
  const entries = Object.entries(tags);
  const directoryAt = Math.ceil((8 + rowBytes * height * planes) / 2) * 2;
  const valuesAt = directoryAt + 2 + 12 * entries.length + 4;
  const long = entries.reduce((sum, [, values]) => sum + (values.length > 2 ? 2 * values.length : 0), 0);
  const file = Buffer.alloc(valuesAt + long);
  const put16 = (value: number, at: number) => (little ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at));
  const put32 = (value: number, at: number) => (little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at));
  file.write(little ? 'II' : 'MM', 0, 'latin1');
  put16(42, 2);
  put32(directoryAt, 4);
  put16(entries.length, directoryAt);
  let next = valuesAt;
  entries.forEach(([tag, values], index) => {
    const entry = directoryAt + 2 + 12 * index;
    put16(Number(tag), entry);
    put16(3, entry + 2);
    put32(values.length, entry + 4);
    const at = values.length > 2 ? next : entry + 8;
    if (values.length > 2) {
      put32(next, entry + 8);
      next += 2 * values.length;
    }
    values.forEach((value, position) => put16(value, at + 2 * position));
  });
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let sample = 0; sample < samples; sample++) {
        const row = 8 + (isPlanar ? sample * height + y : y) * rowBytes;
        const index = isPlanar ? x : x * samples + sample;
        const value = sampleOf(x, y, sample);
        if (bits === 16) put16(value, row + 2 * index);
        else if (bits === 8) file[row + index] = value;
        else file[row + ((index * bits) >> 3)]! |= value << (8 - bits - ((index * bits) & 7));
      }
    }
  }
  return file;
}

/** A file with strips of its own behind everything else; `tags` say how they are packed. */
export function packedTiff(
  spec: TiffSpec,
  strips: readonly Uint8Array[],
  tags: Readonly<Record<number, readonly number[]>>,
): Uint8Array {
  const counts = strips.map(({ length }) => length);
  const file = (offsets: readonly number[]) => tiff({ ...spec, tags: { 273: offsets, 279: counts, ...tags } });
  const end = file(counts).length;
  return Buffer.concat([
    file(counts.map((_, at) => end + counts.slice(0, at).reduce((sum, one) => sum + one, 0))),
    ...strips,
  ]);
}
