import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { testImage, testNpy } from '../../testing/app/test-image.ts';
import { bmp, tiff } from '../../testing/vision/rasters.ts';
import { drawPredictions } from './draw-predictions.ts';
import { drawRaw } from './draw-raw.ts';
import { placeLabels, rectOf } from './boxes.ts';
import { drawOverlay } from './draw-overlay.ts';
import { colorOf } from './palette.ts';
import { scaleOf } from './scale.ts';
import { RgbSurface } from './surface/rgb-surface.ts';
import { drawText, fittingText, textWidth } from './text/drawn-text.ts';
import { GLYPHS } from './text/glyphs.ts';
import { linesOf } from './text/glyph-lines.ts';

const settings = { maxEdge: 1_920, quality: 90 };
const bolt: Prediction = { classId: 0, label: 'bolt', score: 0.97, box: [0.25, 0.25, 0.75, 0.75] };

async function pixelsOf(jpeg: Buffer) {
  const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    ...info,
    at: (x: number, y: number): readonly number[] => {
      const start = (Math.round(y) * info.width + Math.round(x)) * 3;
      return [...data.subarray(start, start + 3)];
    },
  };
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((part, index) => Math.abs(part - (b[index] ?? 0))));

describe('drawPredictions', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('draws a frame in the color of the class on a %s', async (format) => {
    const bytes = await testImage(format, { width: 800, height: 600 });

    const drawn = await pixelsOf(await drawPredictions(bytes, { width: 800, height: 600 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([800, 600]);
    const color = colorOf(0).fill;
    for (const [x, y] of [
      [200, 300],
      [600, 300],
      [400, 150],
      [400, 450],
    ] as const) {
      expect(distance(drawn.at(x, y), color)).toBeLessThan(60);
    }
    expect(distance(drawn.at(400, 300), [0x60, 0x60, 0x60])).toBeLessThan(12);
  });

  it('draws on npy arrays', async () => {
    const image = testNpy(700, 500);

    const drawn = await pixelsOf(await drawPredictions(image, { width: 700, height: 500 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([700, 500]);
    expect(distance(drawn.at(175, 250), colorOf(0).fill)).toBeLessThan(60);
  });

  it.each([
    ['BMP', bmp({ bits: 24, width: 700, height: 500, pixel: () => 0x606060 })],
    ['TIFF of 12 bits in 16', tiff({ bits: 16, width: 700, height: 500, sample: () => 0x606 })],
  ])('draws on a %s', async (_, image) => {
    const drawn = await pixelsOf(await drawPredictions(image, { width: 700, height: 500 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([700, 500]);
    expect(distance(drawn.at(175, 250), colorOf(0).fill)).toBeLessThan(60);
    expect(drawn.at(350, 250)[0]).toBeGreaterThan(0x40);
  });

  it('makes BMP, TIFF and arrays pictures that a browser shows', async () => {
    const jpeg = await pixelsOf(await drawRaw(tiff({ bits: 8, width: 40, height: 30, sample: () => 200 }), 95));
    expect([jpeg.width, jpeg.height]).toEqual([40, 30]);
    expect(distance(jpeg.at(20, 15), [200, 200, 200])).toBeLessThan(3);
    await expect(drawRaw(tiff({ bits: 8, tags: { 259: [7] } }), 95)).rejects.toMatchObject({
      code: 'annotation.failed',
      message: expect.stringContaining('JPEG') as string,
    });
  });

  it('makes small pictures large enough to read, and large ones as small as they are wanted', async () => {
    const small = await testImage('jpeg', { width: 64, height: 48 });
    const large = await testImage('jpeg', { width: 3_000, height: 1_000 });

    const drawnSmall = await pixelsOf(await drawPredictions(small, { width: 64, height: 48 }, [bolt], settings));
    const drawnLarge = await pixelsOf(await drawPredictions(large, { width: 3_000, height: 1_000 }, [bolt], settings));

    expect([drawnSmall.width, drawnSmall.height]).toEqual([640, 480]);
    expect([drawnLarge.width, drawnLarge.height]).toEqual([1_920, 640]);
  });

  it('puts boxes where they belong on a picture that is stored turned', async () => {
    // 600×800 upright, stored as 800×600 and turned by its EXIF orientation (6: a quarter turn).
    const bytes = await sharp(await testImage('png', { width: 800, height: 600 }))
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();

    const drawn = await pixelsOf(await drawPredictions(bytes, { width: 600, height: 800 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([600, 800]);
    expect(distance(drawn.at(150, 400), colorOf(0).fill)).toBeLessThan(60);
  });

  it('shows classes of the whole picture as bars', async () => {
    const bytes = await testImage('jpeg', { width: 640, height: 480 });
    const classes = [
      { classId: 3, label: 'gear', score: 0.98 },
      { classId: 1, label: 'a label that is far too long to fit into the panel that it stands in', score: 0.02 },
    ];

    const drawn = await drawPredictions(bytes, { width: 640, height: 480 }, classes, settings);
    const { data, info } = await sharp(drawn).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const gear = colorOf(3).fill;
    let colored = 0;
    for (let at = 0; at < data.length; at += info.channels) {
      if (distance([...data.subarray(at, at + 3)], gear) < 50) colored++;
    }

    expect(colored).toBeGreaterThan(300);
  });

  it('says what is wrong with a picture that it cannot draw on', async () => {
    const image = Buffer.from('no image');

    await expect(drawPredictions(image, { width: 1, height: 1 }, [], settings)).rejects.toMatchObject({
      code: 'annotation.failed',
    });
  });
});

describe('drawOverlay', () => {
  const unit = fc.double({ min: -0.2, max: 1.2, noNaN: true });
  const predictions = fc.array(
    fc.record(
      {
        classId: fc.nat(1_000),
        label: fc.string({ maxLength: 40, unit: 'grapheme' }),
        score: fc.double({ min: 0, max: 1, noNaN: true }),
        box: fc.tuple(unit, unit, unit, unit),
      },
      { requiredKeys: ['classId', 'label', 'score'] },
    ),
    { maxLength: 12 },
  );

  it('stays inside the picture whatever labels and boxes say', () => {
    fc.assert(
      fc.property(
        predictions,
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        (drawn, width, height) => {
          const pixels = new Uint8Array(width * height * 3 + 100).fill(77);
          drawOverlay(new RgbSurface(pixels.subarray(50, -50), width, height), drawn);
          expect(pixels.subarray(0, 50).every((value) => value === 77)).toBe(true);
          expect(pixels.subarray(-50).every((value) => value === 77)).toBe(true);
        },
      ),
    );
  });

  it('keeps labels apart where boxes lie side by side', () => {
    const beside = [0, 1, 2].map((classId): Prediction => ({
      classId,
      label: 'hex-nut',
      score: 0.9,
      box: [0.3, 0.5, 0.6, 0.8],
    }));
    const canvas = { width: 1_000, height: 800 };

    const boxes = beside.map((prediction) => ({ prediction, rect: rectOf(prediction, canvas) }));
    const places = placeLabels(boxes, canvas, scaleOf(canvas)).map(({ chip }) => `${chip.x},${chip.y}`);

    expect(new Set(places).size).toBe(3);
  });
});

describe('drawn text', () => {
  it('is as wide as its letters', () => {
    expect(textWidth('mm', 10)).toBeGreaterThan(textWidth('ii', 10));
    expect(textWidth('bolt', 20)).toBeCloseTo(2 * textWidth('bolt', 10));
    expect(textWidth('', 10)).toBe(0);
    expect(textWidth('Grüße', 10)).toBeGreaterThan(0);
  });

  it('covers the pixels under its letters, none for spaces', () => {
    const inked = (text: string): number => {
      const pixels = new Uint8Array(200 * 40 * 3);
      drawText(new RgbSurface(pixels, 200, 40), text, { x: 5, y: 30, height: 20, color: [255, 255, 255] });
      return pixels.filter((value) => value > 128).length / 3;
    };
    expect(inked('   ')).toBe(0);
    // A stroke as high as the letter and 1.3 units of ten wide.
    expect(inked('I')).toBeGreaterThan(20 * 2);
    expect(inked('I')).toBeLessThan(20 * 4);
    expect(inked('l I')).toBeGreaterThan(inked('I'));
  });

  it('knows every command of its glyphs', () => {
    for (const [width, path] of Object.values(GLYPHS)) {
      for (const { x, y } of linesOf(path).flat()) {
        expect(x).toBeGreaterThan(-1);
        expect(x).toBeLessThan(width + 1);
        expect(y).toBeGreaterThan(-1.5);
        expect(y).toBeLessThan(14);
      }
    }
    expect(() => linesOf('M0 0Q1 1 2 2')).toThrow('"Q"');
  });

  it('follows arcs: half a circle of radius 2 around (2, 0)', () => {
    for (const { x, y } of linesOf('M4 0a2 2 0 1 0 -4 0')[0]!) {
      expect(Math.hypot(x - 2, y)).toBeCloseTo(2);
      expect(y).toBeLessThan(1e-9);
    }
  });

  it('is cut if it does not fit', () => {
    expect(fittingText('bolt', 10, 1_000)).toBe('bolt');
    const cut = fittingText('a rather long label', 10, 60);
    expect(cut).toMatch(/^a.*…$/);
    expect(textWidth(cut, 10)).toBeLessThanOrEqual(60);
  });
});

describe('colorOf', () => {
  it('gives neighboring classes colors far apart, and ink that can be read on them', () => {
    for (let classId = 0; classId < 90; classId++) {
      expect(colorOf(classId).fill.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)).toBe(true);
      expect(distance(colorOf(classId).fill, colorOf(classId + 1).fill)).toBeGreaterThan(60);
    }
  });
});
