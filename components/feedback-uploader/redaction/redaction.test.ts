import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '#packages/foundation';
import { redactionSchema } from '../settings/redaction-schema.ts';
import { areasOf } from './areas.ts';
import { MAX_REDACTION_BYTES } from './memory-needed.ts';
import { redactImage } from './redact-image.ts';
import { boxSpans, polygonSpans } from './spans.ts';

const settings = (given: object) => parseConfiguration(redactionSchema, given, { component: 'test' });
const black = (polygons: number[][][]) => settings({ mode: 'black', polygons });
const LEFT_HALF = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];

/** A noisy image: every pixel differs from its neighbors. */
function noise(width: number, height: number, channels: 1 | 3 | 4 = 3) {
  let state = 1;
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0; at < data.length; at++) data[at] = (state = (state * 48_271) % 2_147_483_647) & 0xff;
  return sharp(data, { raw: { width, height, channels } });
}

async function pixels(image: Uint8Array) {
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  return (x: number, y: number) => [
    ...data.subarray((y * info.width + x) * info.channels, (y * info.width + x + 1) * info.channels),
  ];
}

const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('areas of a redaction', () => {
  const detections = [
    { classId: 0, label: 'person', score: 0.9, box: [0.4, 0.4, 0.6, 0.6] },
    { classId: 7, label: 'truck', score: 0.8, box: [0, 0, 0.1, 0.1] },
    { classId: 0, label: 'person', score: 0.1, box: [0.9, 0.9, 1, 1] },
  ];

  it('takes the boxes of the named classes, by label or number, grown by the margin', () => {
    const { boxes } = areasOf(settings({ classes: ['person'], margin: 0.5, 'min-score': 0.2 }), detections);
    expect(boxes.map((box) => box.map((corner) => Number(corner.toFixed(6))))).toEqual([[0.3, 0.3, 0.7, 0.7]]);
    expect(areasOf(settings({ classes: '7' }), detections).boxes).toHaveLength(1);
    expect(areasOf(settings({ classes: '*' }), detections).boxes).toHaveLength(3);
    expect(areasOf(settings({ classes: '14' }), { prediction: [[14, 0.9, 0, 0, 1, 1]] }).boxes).toHaveLength(1);
  });

  it('has nothing to hide in an image without detections', () => {
    expect(areasOf(settings({ classes: 'person' }), [])).toEqual({ polygons: [], boxes: [] });
  });

  it.each([[[0.1, 0.9]], [{ text: 'x' }], [{ prediction: [[0, 0.9]] }]])(
    'refuses classes where the prediction %j has no boxes',
    (prediction) => {
      expect(() => areasOf(settings({ classes: '*' }), prediction)).toThrow(refused('redaction.boxes-unknown'));
    },
  );

  it('needs no prediction for polygons', () => {
    expect(areasOf(black([LEFT_HALF]), { anything: true }).polygons).toHaveLength(1);
  });
});

describe('spans', () => {
  const size = { width: 40, height: 30 };

  it('cover a box and every pixel that it touches', () => {
    expect(boxSpans([0.24, 0.1, 0.26, 0.15], size)).toEqual([
      { y: 3, from: 9, to: 11 },
      { y: 4, from: 9, to: 11 },
    ]);
    expect(boxSpans([-1, -1, 2, 2], size)).toHaveLength(30);
    expect(boxSpans([1.5, 0, 2, 1], size)).toEqual([]);
  });

  it('cover every pixel whose center is in the polygon, and stay in the image', () => {
    const corner = fc.tuple(
      fc.double({ min: -0.5, max: 1.5, noNaN: true }),
      fc.double({ min: -0.5, max: 1.5, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 8 }), (polygon) => {
        const covered = new Set<string>();
        for (const { y, from, to } of polygonSpans(polygon, size)) {
          expect(y).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(size.width);
          for (let x = from; x < to; x++) covered.add(`${x},${y}`);
        }
        for (let y = 0; y < size.height; y++)
          for (let x = 0; x < size.width; x++)
            if (isInside(polygon, (x + 0.5) / size.width, (y + 0.625) / size.height))
              expect(covered).toContain(`${x},${y}`);
      }),
    );
  });

  /** Ray casting, point by point. */
  function isInside(polygon: readonly (readonly [number, number])[], px: number, py: number): boolean {
    let inside = false;
    polygon.forEach(([x0, y0], index) => {
      const [x1, y1] = polygon[(index + 1) % polygon.length] ?? [0, 0];
      if (y0 > py !== y1 > py && px < x0 + ((py - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
    });
    return inside;
  }
});

describe('redactImage', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'blackens a polygon in a %s, keeps the rest and the format',
    async (format) => {
      const original = await noise(200, 100)[format]({ quality: 100 }).toBuffer();
      const { image, record } = await redactImage(original, black([LEFT_HALF]), []);
      expect(record).toEqual({ mode: 'black', polygons: 1, boxes: 0 });
      expect(await sharp(image).metadata()).toMatchObject({ format, width: 200, height: 100 });
      const [before, after] = [await pixels(original), await pixels(image)];
      expect(Math.max(...after(20, 50))).toBeLessThan(12);
      const difference = after(180, 50).map((value, channel) => Math.abs(value - (before(180, 50)[channel] ?? 0)));
      expect(Math.max(...difference)).toBeLessThan(format === 'png' ? 1 : 60);
    },
  );

  it('leaves no detail of a blurred area, and every pixel around it', async () => {
    const original = await noise(240, 240).png().toBuffer();
    const prediction = [{ classId: 0, label: 'face', score: 0.9, box: [0.25, 0.25, 0.75, 0.75] }];
    const { image, record } = await redactImage(original, settings({ classes: 'face', margin: 0 }), prediction);
    expect(record).toEqual({ mode: 'blur', polygons: 0, boxes: 1 });
    const [before, after] = [await pixels(original), await pixels(image)];
    expect(after(30, 30)).toEqual(before(30, 30));
    expect(after(59, 120)).toEqual(before(59, 120));
    // Neighbors in noise differ by 85 on average; in the mosaic of 6 × 6 averages by next to nothing.
    let steps = 0;
    for (let x = 60; x < 179; x++) steps += Math.abs((after(x + 1, 120)[0] ?? 0) - (after(x, 120)[0] ?? 0));
    expect(steps / 119).toBeLessThan(2);
  });

  it('cannot be undone: images that differ only within a cell become the same', async () => {
    const plain = Buffer.alloc(120 * 120 * 3, 128);
    const swapped = Buffer.from(plain);
    for (const [at, value] of [
      [0, 100],
      [3, 156],
    ] as const)
      swapped[(50 * 120 + 50) * 3 + at] = value;
    const images = await Promise.all(
      [plain, swapped].map((data) =>
        sharp(data, { raw: { width: 120, height: 120, channels: 3 } })
          .png()
          .toBuffer(),
      ),
    );
    const everything = settings({
      polygons: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    });
    const [a, b] = await Promise.all(images.map((image) => redactImage(image, everything, [])));
    expect(Buffer.compare(a?.image ?? Buffer.alloc(1), b?.image ?? Buffer.alloc(0))).toBe(0);
  });

  it('turns the image upright before it looks for areas, and removes EXIF', async () => {
    const original = await noise(200, 100)
      .withExif({ IFD3: { GPSLatitude: '51/1 30/1 3230/100' }, IFD0: { Make: 'Camera' } })
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(original).metadata()).exif).toBeDefined();
    const topHalf = [
      [0, 0],
      [1, 0],
      [1, 0.5],
      [0, 0.5],
    ];
    const { image } = await redactImage(original, black([topHalf]), []);
    const metadata = await sharp(image).metadata();
    expect(metadata).toMatchObject({ width: 100, height: 200 });
    expect([metadata.exif, metadata.xmp, metadata.icc, metadata.iptc]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const after = await pixels(image);
    expect(Math.max(...after(50, 20))).toBeLessThan(12);
    expect(Math.max(...after(50, 180), ...after(51, 181), ...after(60, 190))).toBeGreaterThan(40);
  });

  it.each([
    ['gray JPEG', () => noise(64, 64, 1).toColourspace('b-w').jpeg().toBuffer(), { format: 'jpeg', channels: 1 }],
    ['PNG with alpha', () => noise(64, 64, 4).png().toBuffer(), { format: 'png', channels: 4 }],
    ['16-bit PNG', () => deep('rgb16'), { format: 'png', channels: 3, depth: 'ushort' }],
    ['16-bit gray PNG', () => deep('grey16'), { format: 'png', channels: 1, depth: 'ushort' }],
    ['palette PNG', () => noise(64, 64).png({ palette: true }).toBuffer(), { format: 'png' }],
    ['CMYK JPEG', () => noise(64, 64).toColourspace('cmyk').jpeg().toBuffer(), { format: 'jpeg', space: 'srgb' }],
    ['lossless WebP', () => noise(64, 64).webp({ lossless: true }).toBuffer(), { format: 'webp' }],
  ])('keeps what a %s is', async (_what, make, expected) => {
    const original = await make();
    const { image } = await redactImage(original, black([LEFT_HALF]), []);
    expect(await sharp(image).metadata()).toMatchObject({ width: 64, height: 64, ...expected });
    const after = await pixels(image);
    const colors = after(5, 30).slice(0, after(5, 30).length === 4 ? 3 : undefined);
    expect(Math.max(...colors)).toBeLessThan(20);
    if (expected.format !== 'jpeg') expect(after(50, 30)).toEqual((await pixels(original))(50, 30));
  });

  function deep(colourspace: 'rgb16' | 'grey16') {
    const channels = colourspace === 'grey16' ? 1 : 3;
    const data = new Uint16Array(64 * 64 * channels).map((_, index) => (index * 977) & 0xffff);
    return sharp(data, { raw: { width: 64, height: 64, channels } })
      .toColourspace(colourspace)
      .png()
      .toBuffer();
  }

  it.each([
    ['text', Buffer.from('not an image')],
    ['nothing', Buffer.alloc(0)],
    ['SVG, which could show anything', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')],
  ])('refuses %s rather than storing it as it is', async (_what, body) => {
    await expect(redactImage(body, black([LEFT_HALF]), [])).rejects.toThrow(refused('redaction.not-an-image'));
  });

  it('refuses a cut JPEG and a GIF', async () => {
    const jpeg = await noise(200, 200).jpeg().toBuffer();
    await expect(redactImage(jpeg.subarray(0, 9_000), black([LEFT_HALF]), [])).rejects.toThrow(
      refused('redaction.not-an-image'),
    );
    const gif = await noise(20, 20).gif().toBuffer();
    await expect(redactImage(gif, black([LEFT_HALF]), [])).rejects.toThrow(refused('redaction.not-an-image'));
  });

  it('refuses too many pixels before it decodes them', async () => {
    const side = Math.ceil(Math.sqrt(MAX_REDACTION_BYTES / 3));
    const bomb = await sharp({ create: { width: side, height: side, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(500_000);
    await expect(redactImage(bomb, black([LEFT_HALF]), [])).rejects.toThrow(refused('redaction.too-many-pixels'));
  });
});
