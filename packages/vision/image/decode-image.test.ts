import { readFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { BLUE, GREEN, RED, npy, pattern, patternPixels, plain } from '../../../testing/vision/images.ts';
import { bmp, tiff } from '../../../testing/vision/rasters.ts';
import { decodeImage } from './decode-image.ts';
import { turboJpeg } from './turbo-jpeg.ts';

function decode(bytes: Uint8Array, options: { gray?: boolean; maxPixels?: number; shrink?: 1 | 2 | 4 | 8 } = {}) {
  return decodeImage(bytes, {
    gray: options.gray ?? false,
    maxPixels: options.maxPixels ?? 1_000_000,
    shrinkFor: () => options.shrink ?? 1,
    takePixels: (bytes) => Buffer.alloc(bytes),
  });
}

async function pixelsOf(bytes: Uint8Array, options: Parameters<typeof decode>[1] = {}) {
  const { pixels } = await decode(bytes, options);
  return { ...pixels, data: pixels.data.subarray(0, pixels.width * pixels.height * pixels.channels) as Uint8Array };
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] as number)), 0) / a.length;
}

const photo = patternPixels(96, 64);

describe('formats', () => {
  it.each([
    ['baseline JPEG', () => pattern(96, 64).jpeg({ quality: 95 })],
    ['progressive JPEG', () => pattern(96, 64).jpeg({ quality: 95, progressive: true })],
    ['JPEG without chroma subsampling', () => pattern(96, 64).jpeg({ quality: 95, chromaSubsampling: '4:4:4' })],
    ['JPEG with a color profile', () => pattern(96, 64).withIccProfile('p3').jpeg({ quality: 95 })],
    ['WebP', () => pattern(96, 64).webp({ quality: 95 })],
    ['lossless WebP', () => pattern(96, 64).webp({ lossless: true })],
    ['PNG', () => pattern(96, 64).png()],
  ])('reads %s', async (name, make) => {
    const { width, height, channels, data } = await pixelsOf(await make().toBuffer());
    expect([width, height, channels]).toEqual([96, 64, 3]);
    const tolerance = /PNG|lossless/.test(name) ? 0 : name.includes('profile') ? 60 : 6;
    expect(meanDifference(data, photo)).toBeLessThanOrEqual(tolerance);
  });

  it('reads PNG with alpha by dropping it, as OpenCV does', async () => {
    const see = await plain(RED).ensureAlpha(0).png().toBuffer();
    expect([...(await pixelsOf(see)).data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('reads PNG with a palette', async () => {
    const bytes = await plain(GREEN).png({ palette: true, colors: 4 }).toBuffer();
    expect([...(await pixelsOf(bytes)).data.subarray(0, 3)]).toEqual([0, 255, 0]);
  });

  it('reads gray PNG and PNG of 16 bits', async () => {
    const gray = await pattern(96, 64).toColourspace('b-w').png().toBuffer();
    const { channels, data } = await pixelsOf(gray);
    expect(new Set(data.subarray(0, channels)).size).toBe(1);
    const deep = await pattern(96, 64).toColourspace('rgb16').png().toBuffer();
    expect(deep[24]).toBe(16);
    expect(meanDifference((await pixelsOf(deep)).data, photo)).toBeLessThanOrEqual(1);
  });

  it('reads gray JPEG as one channel', async () => {
    const bytes = await pattern(96, 64).toColourspace('b-w').jpeg().toBuffer();
    expect(await pixelsOf(bytes)).toMatchObject({ channels: 1, width: 96 });
  });

  it('decodes brightness alone for models that take gray', async () => {
    const bytes = await plain(RED).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const { channels, data } = await pixelsOf(bytes, { gray: true });
    expect(channels).toBe(1);
    expect(data[0]).toBeCloseTo(76, -1);
  });

  it('reads CMYK JPEG', async () => {
    const cmyk = readFileSync(path.join(import.meta.dirname, '../../../testing/vision/red-cmyk.jpg'));
    const { channels, data } = await pixelsOf(cmyk);
    expect(channels).toBe(3);
    const [red, green, blue] = data as unknown as [number, number, number];
    expect(red).toBeGreaterThan(240);
    expect(green).toBeLessThan(15);
    expect(blue).toBeLessThan(15);
  });
});

describe('EXIF orientation', () => {
  /** Red, green and blue fields, so that every way of turning gives another image. */
  async function corners(): Promise<Buffer> {
    const base = plain([255, 255, 255], 48, 32);
    const field = (color: readonly [number, number, number]) => plain(color, 16, 16).png().toBuffer();
    return base
      .composite([
        { input: await field(RED), left: 0, top: 0 },
        { input: await field(GREEN), left: 32, top: 0 },
        { input: await field(BLUE), left: 0, top: 16 },
      ])
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i comes out as libvips turns it', async (orientation) => {
    const { default: sharp } = await import('sharp');
    const bytes = await sharp(await corners())
      .withMetadata({ orientation })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    const { width, height, data } = await pixelsOf(bytes);
    expect([width, height]).toEqual(orientation >= 5 ? [32, 48] : [48, 32]);
    const expected = await sharp(bytes).autoOrient().raw().toBuffer();
    expect(meanDifference(data, expected)).toBeLessThan(1);
    expect((await decode(bytes)).size).toEqual({ width, height });
  });
});

describe('smaller decoding', () => {
  it.skipIf(!turboJpeg())('gives a smaller picture of the same scene and the size of the whole', async () => {
    const bytes = await pattern(400, 300).jpeg({ quality: 95 }).toBuffer();
    for (const shrink of [2, 4, 8] as const) {
      const { pixels, size } = await decode(bytes, { shrink });
      expect(size).toEqual({ width: 400, height: 300 });
      expect([pixels.width, pixels.height]).toEqual([Math.ceil(400 / shrink), Math.ceil(300 / shrink)]);
      const small = await pattern(400, 300)
        .resize(pixels.width, pixels.height, { fit: 'fill' })
        .removeAlpha()
        .raw()
        .toBuffer();
      expect(meanDifference(pixels.data.subarray(0, small.length) as Uint8Array, small)).toBeLessThan(12);
    }
  });
});

describe('npy arrays', () => {
  it('are taken as cv2.imread gives them: blue first', async () => {
    const bytes = npy('|u1', [1, 2, 3], Uint8Array.of(10, 20, 30, 40, 50, 60));
    expect(await pixelsOf(bytes)).toMatchObject({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8Array.of(30, 20, 10, 60, 50, 40),
    });
  });

  it('may be gray, have alpha or a batch of one', async () => {
    expect(await pixelsOf(npy('|u1', [2, 1], Uint8Array.of(7, 9)))).toMatchObject({
      width: 1,
      height: 2,
      channels: 1,
      data: Uint8Array.of(7, 9),
    });
    expect(await pixelsOf(npy('|u1', [1, 1, 1, 4], Uint8Array.of(1, 2, 3, 4)))).toMatchObject({
      channels: 3,
      data: Uint8Array.of(3, 2, 1),
    });
  });

  it.each([
    ['<f4', new Uint8Array(Float32Array.of(-5, 127.6, 300).buffer)],
    ['<i2', new Uint8Array(Int16Array.of(-5, 128, 300).buffer)],
    ['<f8', new Uint8Array(Float64Array.of(-5, 127.6, 300).buffer)],
    ['>u2', Uint8Array.of(0, 0, 0, 128, 1, 44)],
    ['<i8', new Uint8Array(BigInt64Array.of(-5n, 128n, 300n).buffer)],
  ])('of %s are rounded and clamped to bytes', async (type, data) => {
    expect((await pixelsOf(npy(type, [1, 3], data))).data).toEqual(Uint8Array.of(0, 128, 255));
  });

  it.each<[string, number[]]>([
    ['0..1', [0, 0.5, 1]],
    ['0..1, only zeros and ones', [0, 1, 1]],
    ['-1..1', [-1, 0, 0.25]],
    ['normalized by mean and std', [-2.1, 0.3, 2.6]],
    ['with NaN', [1, NaN, 200]],
  ])('of floating-point numbers %s are refused with what to do, not taken for black', async (_, values) => {
    const bytes = npy('<f4', [1, 3], new Uint8Array(Float32Array.from(values).buffer));
    await expect(decode(bytes)).rejects.toMatchObject({
      code: 'image.unsupported',
      message: expect.stringContaining('multiply by 255') as string,
    });
  });

  it('of floating-point numbers may be black', async () => {
    const bytes = npy('<f4', [1, 3], new Uint8Array(12));
    expect((await pixelsOf(bytes)).data).toEqual(Uint8Array.of(0, 0, 0));
  });

  it('may be in Fortran order', async () => {
    const bytes = npy('|u1', [2, 2], Uint8Array.of(1, 3, 2, 4), true);
    expect((await pixelsOf(bytes)).data).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  it.each([
    ['image.unsupported', npy('|u1', [1, 3, 8, 8], new Uint8Array(192))],
    ['image.unsupported', npy('|b1', [2, 2], new Uint8Array(4))],
    ['image.unsupported', npy('|u1', [4], new Uint8Array(4))],
    ['image.corrupt', npy('|u1', [8, 8], new Uint8Array(63))],
    ['image.corrupt', npy('|u1', [8, 8], new Uint8Array(64)).subarray(0, 40)],
  ])('are refused with %s if they are not an image', async (code, bytes) => {
    await expect(decode(bytes)).rejects.toMatchObject({ code });
  });
});

describe('what cannot be looked at', () => {
  it.each([
    ['image.empty', 'no bytes', new Uint8Array(0)],
    ['image.unrecognised', 'the 11 bytes are text: a data: URL', Buffer.from('data:image/')],
    ['image.unrecognised', 'the base64 of a JPEG file', Buffer.from('/9j/4AAQSkZJRg==')],
    ['image.unrecognised', 'an HTML page', Buffer.from('\n<!DOCTYPE html><title>Login</title>')],
    ['image.unrecognised', 'zeros only', new Uint8Array(100)],
    ['image.unrecognised', 'the 3 bytes are in no known image format', Uint8Array.of(1, 2, 3)],
    ['image.unsupported', 'a GIF file', Buffer.from('GIF89a........')],
    ['image.unsupported', 'a HEIF or AVIF file', Buffer.from('\0\0\0\x1cftypavif........')],
    ['image.unsupported', 'a PDF file', Buffer.from('%PDF-1.7')],
    ['image.corrupt', 'it ends before the frame header', Uint8Array.of(0xff, 0xd8, 0xff)],
    ['image.corrupt', 'no frame header', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)],
    [
      'image.corrupt',
      'PNG of 12 bytes',
      Buffer.concat([Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), Buffer.alloc(4)]),
    ],
    ['image.corrupt', 'WebP of 16 bytes', Buffer.from('RIFF\x08\0\0\0WEBPVP8 ')],
  ])('is refused with %s: %s', async (code, message, bytes) => {
    await expect(decode(bytes)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as unknown });
  });

  it('never shows a byte of it, which may be of a file that the caller must not read', async () => {
    const secret = 'root:$6$salt$hash:19000:0:99999:7:::';
    const error = await decode(Buffer.from(secret)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'image.unrecognised', message: expect.stringMatching(/are text$/) as unknown });
    expect(JSON.stringify(error)).not.toContain('root');
  });

  it.each(['jpeg', 'png', 'webp'] as const)('a %s cut short is damaged, not half an answer', async (format) => {
    const bytes = await pattern(300, 200).toFormat(format).toBuffer();
    for (const part of [0.3, 0.6, 0.95]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));
      await expect(decode(cut), `${part}`).rejects.toMatchObject({ code: 'image.corrupt' });
    }
  });

  it.each(['jpeg', 'png', 'webp'] as const)('a %s with too many pixels is refused by its header', async (format) => {
    const bytes = await plain(RED, 1500, 1000).toFormat(format).toBuffer();
    // The header alone is enough: nothing has been decoded when the error comes.
    for (const given of [bytes, bytes.subarray(0, 400)]) {
      await expect(decode(given)).rejects.toMatchObject({
        code: 'image.too-large',
        message: 'the image has 1500×1000 = 1500000 pixels; the limit is 1000000',
        facts: { width: 1500, height: 1000, maxPixels: 1_000_000 },
      });
    }
  });

  it('an npy bomb is refused by its header', async () => {
    await expect(decode(npy('|u1', [60_000, 60_000, 3], new Uint8Array(8)))).rejects.toMatchObject({
      code: 'image.too-large',
    });
  });

  it('a progressive JPEG with endless scans is refused', async () => {
    const bytes = await pattern(64, 64).jpeg({ progressive: true }).toBuffer();
    const scan = bytes.indexOf(Uint8Array.of(0xff, 0xda));
    const end = bytes.subarray(bytes.length - 2);
    const bomb = Buffer.concat([
      bytes.subarray(0, scan),
      ...new Array<Buffer>(600).fill(bytes.subarray(scan, bytes.length - 2)),
      end,
    ]);
    await expect(decode(bomb)).rejects.toMatchObject({ code: 'image.unsupported' });
  });

  it('a JPEG with rubbish between its segments is read all the same', async () => {
    const bytes = await pattern(64, 64).jpeg().toBuffer();
    const dirty = Buffer.concat([
      bytes.subarray(0, bytes.length - 2),
      Buffer.from([1, 2, 3, 4]),
      bytes.subarray(bytes.length - 2),
    ]);
    const frame = bytes.indexOf(Uint8Array.of(0xff, 0xc0));
    const between = Buffer.concat([bytes.subarray(0, frame), Buffer.from([0, 0, 0]), bytes.subarray(frame)]);
    const clean = (await pixelsOf(bytes)).data;
    expect((await pixelsOf(dirty)).data).toEqual(clean);
    expect((await pixelsOf(between)).data).toEqual(clean);
  });
});

describe('images of more bits and channels', () => {
  const options = { gray: false, maxPixels: 1e6, takePixels: (bytes: number) => Buffer.alloc(bytes) };
  const deep = tiff({ bits: 16, width: 2, height: 1, sample: (x) => 4095 * (x + 1) });

  it('lose the lower byte unless it is asked for', async () => {
    expect((await decodeImage(deep, options)).pixels.data).toEqual(Uint8Array.of(15, 31));
    expect((await decodeImage(deep, { ...options, deep: true })).pixels.data).toEqual(Uint16Array.of(4095, 8190));
    const array = npy('<u2', [1, 2], new Uint8Array(Uint16Array.of(300, 40_000).buffer));
    expect((await decodeImage(array, { ...options, deep: true })).pixels.data).toEqual(Uint16Array.of(300, 40_000));
  });

  it('in PNG too', async () => {
    const values = Uint16Array.of(1, 300, 65_535, 4095, 2, 7);
    const raw = { width: 2, height: 1, channels: 3 } as const;
    const png = await sharp(values, { raw }).toColourspace('rgb16').png().toBuffer();
    expect((await decodeImage(png, { ...options, deep: true })).pixels.data).toEqual(values);
    expect([...(await decodeImage(png, options)).pixels.data]).toEqual([0, 1, 255, 15, 0, 0]);
  });

  it('keep what the file has, if that is asked for', async () => {
    const five = tiff({ bits: 8, samples: 5, width: 1, height: 1, sample: (_x, _y, sample) => sample });
    expect((await decodeImage(five, { ...options, stored: true })).pixels).toMatchObject({ channels: 5 });
    const rgba = bmp({
      bits: 32,
      width: 1,
      height: 1,
      masks: [0xff, 0xff00, 0xff0000, 0xff000000],
      pixel: () => 0x80030201,
    });
    expect([...(await decodeImage(rgba, { ...options, stored: true })).pixels.data]).toEqual([1, 2, 3, 0x80]);
    expect([...(await decodeImage(rgba, options)).pixels.data]).toEqual([1, 2, 3]);
    const png = await plain(RED, 1, 1).ensureAlpha(0.5).png().toBuffer();
    expect([...(await decodeImage(png, { ...options, stored: true })).pixels.data]).toEqual([255, 0, 0, 127]);
    const array = npy('|u1', [1, 1, 6], Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect([...(await decodeImage(array, { ...options, stored: true })).pixels.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('lie upright', async () => {
    const turned = tiff({ bits: 8, width: 2, height: 1, sample: (x) => x + 1, tags: { 274: [6] } });
    expect((await decodeImage(turned, options)).pixels).toMatchObject({
      width: 1,
      height: 2,
      data: Uint8Array.of(1, 2),
    });
  });

  it.each([
    ['image.unsupported', 'compressed (JPEG)', tiff({ bits: 8, tags: { 259: [7] } })],
    ['image.corrupt', 'beyond its end', tiff({ bits: 8, tags: { 273: [60_000] } })],
    ['image.too-large', 'the limit is 1000000', tiff({ bits: 8, tags: { 256: [60_000], 257: [60_000] } })],
  ])('are refused with %s: %s', async (code, message, bytes) => {
    await expect(decodeImage(bytes, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });
});
