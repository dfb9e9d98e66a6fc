import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { needs } from '../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { patternPixels } from '../../testing/vision/images.ts';
import { bmp, packedTiff, tiff } from '../../testing/vision/rasters.ts';
import { RasterFault } from './raster.ts';
import { rasterFormat, readRaster } from './read-raster.ts';
import { shownRaster } from './shown-raster.ts';

const MAX_PIXELS = 100_000;
const SIZE = { width: 37, height: 21 };
const read = (bytes: Uint8Array) => readRaster(bytes, MAX_PIXELS);

describe('BMP', () => {
  it.each<[string, Parameters<typeof bmp>[0], number[]]>([
    ['1 bit: black and white', { bits: 1, width: 3, height: 1, pixel: (x) => x & 1 }, [0, 255, 0]],
    ['4 bits of gray', { bits: 4, width: 3, height: 1, pixel: (x) => x * 7 }, [0, 119, 238]],
    ['8 bits of gray', { bits: 8, width: 3, height: 1, pixel: (x) => x * 100 }, [0, 100, 200]],
    [
      'a palette of colors',
      {
        bits: 8,
        width: 2,
        height: 1,
        palette: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        pixel: (x) => 1 - x,
      },
      [4, 5, 6, 1, 2, 3],
    ],
    ['16 bits: five of each', { bits: 16, width: 1, height: 1, pixel: () => (31 << 10) | (16 << 5) }, [255, 132, 0]],
    [
      '16 bits by masks',
      { bits: 16, width: 1, height: 1, masks: [0xf800, 0x7e0, 0x1f], pixel: () => (31 << 11) | (32 << 5) | 1 },
      [255, 130, 8],
    ],
    ['24 bits', { bits: 24, width: 1, height: 1, pixel: () => 0x112233 }, [0x11, 0x22, 0x33]],
    ['32 bits without alpha', { bits: 32, width: 1, height: 1, pixel: () => 0xff112233 }, [0x11, 0x22, 0x33]],
    [
      '32 bits with alpha',
      { bits: 32, width: 1, height: 1, masks: [0xff, 0xff00, 0xff0000, 0xff000000], pixel: () => 0x80112233 },
      [0x33, 0x22, 0x11, 0x80],
    ],
  ])('%s', (_, spec, expected) => {
    expect([...read(bmp(spec)).data]).toEqual(expected);
  });

  it('gives the last row last, whichever comes first in the file', () => {
    const spec = { bits: 8, width: 1, height: 3, pixel: (_: number, y: number) => y * 10 } as const;
    expect([...read(bmp(spec)).data]).toEqual([0, 10, 20]);
    expect([...read(bmp({ ...spec, isTopDown: true })).data]).toEqual([0, 10, 20]);
  });

  it.each<[string, string, (file: Buffer) => void]>([
    ['unsupported', 'compressed (run lengths of 8 bits)', (file) => file.writeUInt32LE(1, 30)],
    ['corrupt', 'has 41 bytes', (file) => file.writeUInt32LE(41, 14)],
    ['corrupt', 'have 7 bits', (file) => file.writeUInt16LE(7, 28)],
    ['corrupt', '0×3', (file) => file.writeInt32LE(0, 18)],
    ['corrupt', 'pixels end at', (file) => file.writeInt32LE(60, 18)],
    ['corrupt', 'palette has 300', (file) => file.writeUInt32LE(300, 46)],
    ['corrupt', 'begin at 3', (file) => file.writeUInt32LE(3, 10)],
    ['too-large', '70000×70000', (file) => (file.writeInt32LE(70_000, 18), file.writeInt32LE(70_000, 22))],
  ])('is refused as %s: %s', (kind, message, damage) => {
    const file = Buffer.from(bmp({ bits: 8 }));
    damage(file);
    expect(faultOf(file)).toMatchObject({ kind, message: expect.stringContaining(message) as string });
  });
});

describe('TIFF', () => {
  it.each<[string, Parameters<typeof tiff>[0], number[]]>([
    ['1 bit', { bits: 1, width: 3, height: 1, sample: (x) => x & 1 }, [0, 255, 0]],
    ['1 bit, white is zero', { bits: 1, width: 3, height: 1, kind: 0, sample: (x) => x & 1 }, [255, 0, 255]],
    ['16 bits', { bits: 16, width: 2, height: 1, sample: (x) => 4095 * (x + 1) }, [4095, 8190]],
    [
      '16 bits, big-endian',
      { bits: 16, little: false, width: 2, height: 1, sample: (x) => 4095 * (x + 1) },
      [4095, 8190],
    ],
    ['16 bits, white is zero', { bits: 16, kind: 0, width: 2, height: 1, sample: (x) => 4095 * x }, [65_535, 61_440]],
    ['RGB', { bits: 8, samples: 3, width: 1, height: 2, sample: (_x, y, s) => y * 10 + s }, [0, 1, 2, 10, 11, 12]],
    [
      'planes, in strips',
      { bits: 8, samples: 3, isPlanar: true, rowsPerStrip: 1, width: 1, height: 2, sample: (_x, y, s) => y * 10 + s },
      [0, 1, 2, 10, 11, 12],
    ],
    ['five samples', { bits: 8, samples: 5, width: 1, height: 1, sample: (_x, _y, s) => s + 1 }, [1, 2, 3, 4, 5]],
  ])('%s', (_, spec, expected) => {
    expect([...read(tiff(spec)).data]).toEqual(expected);
  });

  it('lies upright, and says whether there is alpha', () => {
    expect(read(tiff({ bits: 8, tags: { 274: [6] } }))).toMatchObject({ width: 3, height: 5 });
    expect(read(tiff({ bits: 8, samples: 4 })).hasAlpha).toBe(true);
    expect(read(tiff({ bits: 8, samples: 4, tags: { 338: [0] } })).hasAlpha).toBe(false);
    expect(read(tiff({ bits: 8, samples: 2, tags: { 338: [1] } })).hasAlpha).toBe(true);
  });

  it.each<[string, string, Readonly<Record<number, readonly number[]>>]>([
    ['unsupported', 'compressed (JPEG); LZW, PackBits and Deflate are read', { 259: [7] }],
    ['unsupported', 'compressed (number 9)', { 259: [9] }],
    ['unsupported', 'tiles', { 322: [16] }],
    ['unsupported', '12 bits', { 258: [12] }],
    ['unsupported', 'floating-point', { 339: [3] }],
    ['unsupported', 'kind 5', { 262: [5] }],
    ['corrupt', 'RGB with 1 samples', { 262: [2] }],
    ['corrupt', '0 strips', { 273: [] }],
    ['corrupt', 'strip 0 goes on', { 273: [60_000] }],
    ['corrupt', 'its palette has 3', { 262: [3], 320: [1, 2, 3] }],
    ['too-large', '60000×60000', { 256: [60_000], 257: [60_000] }],
  ])('is refused as %s: %s', (kind, message, tags) => {
    expect(faultOf(tiff({ bits: 8, tags }))).toMatchObject({
      kind,
      message: expect.stringContaining(message) as string,
    });
  });

  it('does not take more memory than its bytes allow, by strips that lie upon each other', () => {
    const tags = { 257: [200], 278: [1], 273: Array<number>(200).fill(8) };
    const file = tiff({ bits: 8, width: 400, height: 1, rowsPerStrip: 1, tags });
    expect(faultOf(file)).toMatchObject({ kind: 'corrupt', message: expect.stringContaining('80000 bytes') as string });
  });

  it('has the pixels that libtiff reads, of files that it wrote', async () => {
    const picture = sharp(Buffer.from(patternPixels(37, 21)), { raw: { ...SIZE, channels: 3 } });
    for (const space of ['srgb', 'b-w', 'rgb16', 'grey16'] as const) {
      const file = await picture.clone().toColourspace(space).tiff({ compression: 'none', tile: false }).toBuffer();
      const isDeep = space.endsWith('16');
      const theirs = await sharp(file)
        .toColourspace(space)
        .raw({ depth: isDeep ? 'ushort' : 'uchar' })
        .toBuffer();
      const { data, ...size } = read(file);
      expect(size).toMatchObject(SIZE);
      expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(theirs)).toBe(true);
    }
  });

  it.each(['lzw', 'packbits', 'deflate'] as const)('has them packed by %s too', async (compression) => {
    // Larger than a table of LZW, with runs and with noise.
    const [width, height] = [211, 160];
    const noise = patternPixels(width, height).map((value, at) =>
      at % 5000 < 2500 ? 17 : (value * 7919 + at * 31) % 251,
    );
    const picture = sharp(Buffer.from(noise), { raw: { width, height, channels: 3 } });
    for (const space of ['srgb', 'b-w', 'grey16', 'rgb16'] as const)
      for (const predictor of ['none', 'horizontal'] as const) {
        const file = await picture.clone().toColourspace(space).tiff({ compression, predictor }).toBuffer();
        const depth = space.endsWith('16') ? 'ushort' : 'uchar';
        const theirs = await sharp(file).toColourspace(space).raw({ depth }).toBuffer();
        const { data, ...size } = read(file);
        expect(size).toMatchObject({ width, height });
        expect(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(theirs)).toBe(true);
      }
  });

  it('adds up the differences of samples of 16 bits in the order of its bytes, and of planes', () => {
    const gray = { bits: 16, width: 3, height: 1 } as const;
    for (const little of [true, false]) {
      const rows = Buffer.from(little ? [0xff, 0, 1, 1, 0, 0xff] : [0, 0xff, 1, 1, 0xff, 0]);
      expect([...read(packedTiff({ ...gray, little }, [deflateSync(rows)], { 259: [8], 317: [2] })).data]).toEqual([
        0xff, 0x200, 0x100,
      ]);
    }
    const planes = { bits: 8, width: 2, height: 1, samples: 3, isPlanar: true } as const;
    const strips = [1, 2, 3].map((first) => Buffer.from([1, first, 10]));
    expect([...read(packedTiff(planes, strips, { 259: [32_773], 317: [2] })).data]).toEqual([1, 2, 3, 11, 12, 13]);
  });

  it.each<[string, string, Uint8Array, Readonly<Record<number, readonly number[]>>]>([
    ['corrupt', 'LZW ends after 0 of 15', Buffer.from([0x80]), { 259: [5] }],
    ['corrupt', 'LZW ends after 1 of 15', bitsOf(9, [256, 65, 257]), { 259: [5] }],
    ['corrupt', 'LZW begins with the code 300', bitsOf(9, [256, 300, 1]), { 259: [5] }],
    ['corrupt', 'LZW has the code 300, and 258 are known', bitsOf(9, [256, 65, 300]), { 259: [5] }],
    ['unsupported', 'before TIFF 5.0', Buffer.from([0, 1, 2, 3]), { 259: [5] }],
    ['corrupt', 'PackBits end after 3 of 15', Buffer.from([2, 1, 2, 3]), { 259: [32_773] }],
    ['corrupt', 'PackBits end after 0 of 15', Buffer.from([128, 200]), { 259: [32_773] }],
    ['corrupt', 'Deflate ends after 3 of 15', deflateSync(Buffer.alloc(3)), { 259: [8] }],
    ['corrupt', 'Deflate cannot be unpacked', deflateSync(Buffer.alloc(99_999)), { 259: [8] }],
    ['corrupt', 'Deflate cannot be unpacked', Buffer.from('no zlib at all'), { 259: [32_946] }],
    ['corrupt', 'the sizes of 0', Buffer.of(1), { 259: [5], 279: [] }],
    ['corrupt', 'its strips have 60000 bytes', Buffer.of(1), { 259: [5], 279: [60_000] }],
    ['corrupt', 'strip 0 goes on', Buffer.alloc(50), { 259: [8], 273: [200], 279: [100] }],
    [
      'corrupt',
      '90000 bytes, which 4 bytes of LZW cannot hold',
      Buffer.alloc(4),
      { 256: [300], 257: [300], 278: [300], 259: [5] },
    ],
    [
      'too-large',
      'have 64 samples',
      Buffer.alloc(4),
      { 256: [300], 257: [300], 278: [300], 258: Array<number>(64).fill(8), 259: [5], 277: [64] },
    ],
    ['unsupported', 'of 1 bits are told by the predictor 2', Buffer.alloc(4), { 258: [1], 259: [5], 317: [2] }],
    ['unsupported', 'the predictor 3', Buffer.alloc(4), { 259: [8], 317: [3] }],
  ])('is refused as %s if it is packed: %s', (kind, message, strip, tags) => {
    expect(faultOf(packedTiff({ bits: 8 }, [strip], tags))).toMatchObject({
      kind,
      message: expect.stringContaining(message) as string,
    });
  });
});

/** Codes of one width, the highest bit first. */
function bitsOf(width: number, codes: readonly number[]): Uint8Array {
  const text = codes.map((code) => code.toString(2).padStart(width, '0')).join('');
  return Uint8Array.from(text.match(/.{1,8}/g) ?? [], (byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
}

it('are shown in 8 bits, the 12 of a camera as bright as they are', () => {
  const deep = tiff({ bits: 16, width: 2, height: 1, sample: (x) => x * 4095 });
  expect(shownRaster(deep, MAX_PIXELS)).toMatchObject({ channels: 1, data: Uint8Array.of(0, 255), wasDeep: true });
  const five = tiff({ bits: 8, samples: 5, width: 1, height: 1, sample: (_x, _y, sample) => sample + 1 });
  expect(shownRaster(five, MAX_PIXELS)).toMatchObject({ channels: 3, data: Uint8Array.of(1, 2, 3) });
  expect(shownRaster(Buffer.from('GIF89a'), MAX_PIXELS)).toBeUndefined();
});

it('are told apart from texts that begin alike', () => {
  expect(rasterFormat(Buffer.from('BMW M3 and other cars, a long text'))).toBeUndefined();
  expect(rasterFormat(bmp({ bits: 8 }))).toBe('BMP');
  expect(rasterFormat(tiff({ bits: 8, little: false }))).toBe('TIFF');
});

describe('files of ffmpeg', await needs(ffmpeg), () => {
  it.each([
    ['bmp', 'bgr24', 'rgb24'],
    ['bmp', 'bgra', 'rgb24'],
    ['bmp', 'rgb565le', 'rgb24'],
    ['bmp', 'pal8', 'rgb24'],
    ['tiff', 'rgb24', 'rgb24'],
    ['tiff', 'gray16le', 'gray16le'],
    ['tiff', 'rgba', 'rgba'],
    ['tiff', 'monob', 'gray'],
  ])('%s of %s: the pixels that ffmpeg reads itself', async (format, written, back) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-raster-'));
    try {
      const at = (name: string): string => path.join(folder, name);
      await writeFile(at('in.rgb'), patternPixels(37, 21));
      const run = (...words: string[]) =>
        promisify(execFile)('ffmpeg', ['-v', 'error', ...words], { timeout: PATIENCE_MS });
      const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '37x21', '-i', at('in.rgb')];
      const plain = format === 'tiff' ? ['-compression_algo', 'raw'] : [];
      await run(...raw, '-frames:v', '1', ...plain, '-pix_fmt', written, '-c:v', format, at(`picture.${format}`));
      await run(
        '-i',
        at(`picture.${format}`),
        '-sws_flags',
        'accurate_rnd',
        '-f',
        'rawvideo',
        '-pix_fmt',
        back,
        at('out.raw'),
      );
      const { data } = read(await readFile(at(`picture.${format}`)));
      const theirs = await readFile(at('out.raw'));
      const ours = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      expect(ours.length).toBe(theirs.length);
      const most = ours.reduce((far, value, index) => Math.max(far, Math.abs(value - theirs[index]!)), 0);
      // Five bits are stretched to eight in more than one way.
      expect(most).toBeLessThanOrEqual(written === 'rgb565le' ? 8 : 0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

function faultOf(bytes: Uint8Array): unknown {
  try {
    read(bytes);
  } catch (thrown) {
    if (thrown instanceof RasterFault) return thrown;
    throw thrown;
  }
  return undefined;
}
