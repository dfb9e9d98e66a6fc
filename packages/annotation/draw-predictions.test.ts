import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { testImage, testNpy } from '../../testing/app/test-image.ts';
import { drawPredictions } from './draw-predictions.ts';
import { drawnText, fittingText, textWidth } from './drawn-text.ts';
import { overlaySvg } from './overlay.ts';
import { colourOf } from './palette.ts';

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

function rgbOf(hex: string): readonly number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((part, index) => Math.abs(part - (b[index] ?? 0))));

describe('drawPredictions', () => {
  it.each(['jpeg', 'png', 'webp'] as const)('draws a frame in the colour of the class on a %s', async (format) => {
    const bytes = await testImage(format, { width: 800, height: 600 });

    const drawn = await pixelsOf(await drawPredictions(bytes, { width: 800, height: 600 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([800, 600]);
    const colour = rgbOf(colourOf(0).fill);
    for (const [x, y] of [
      [200, 300],
      [600, 300],
      [400, 150],
      [400, 450],
    ] as const) {
      expect(distance(drawn.at(x, y), colour)).toBeLessThan(60);
    }
    expect(distance(drawn.at(400, 300), [0x60, 0x60, 0x60])).toBeLessThan(12);
  });

  it('draws on npy arrays', async () => {
    const image = testNpy(700, 500);

    const drawn = await pixelsOf(await drawPredictions(image, { width: 700, height: 500 }, [bolt], settings));

    expect([drawn.width, drawn.height]).toEqual([700, 500]);
    expect(distance(drawn.at(175, 250), rgbOf(colourOf(0).fill))).toBeLessThan(60);
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
    expect(distance(drawn.at(150, 400), rgbOf(colourOf(0).fill))).toBeLessThan(60);
  });

  it('shows classes of the whole picture as bars', async () => {
    const bytes = await testImage('jpeg', { width: 640, height: 480 });
    const classes = [
      { classId: 3, label: 'gear', score: 0.98 },
      { classId: 1, label: 'a label that is far too long to fit into the panel that it stands in', score: 0.02 },
    ];

    const drawn = await drawPredictions(bytes, { width: 640, height: 480 }, classes, settings);
    const { data, info } = await sharp(drawn).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const gear = rgbOf(colourOf(3).fill);
    let coloured = 0;
    for (let at = 0; at < data.length; at += info.channels) {
      if (distance([...data.subarray(at, at + 3)], gear) < 50) coloured++;
    }

    expect(coloured).toBeGreaterThan(300);
  });

  it('says what is wrong with a picture that it cannot draw on', async () => {
    const image = Buffer.from('no image');

    await expect(drawPredictions(image, { width: 1, height: 1 }, [], settings)).rejects.toMatchObject({
      code: 'annotation.failed',
    });
  });
});

describe('overlaySvg', () => {
  const unit = fc.double({ min: -0.2, max: 1.2, noNaN: true });
  const predictions = fc.array(
    fc.record({
      classId: fc.nat(1_000),
      label: fc.string({ maxLength: 40, unit: 'grapheme' }),
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      box: fc.tuple(unit, unit, unit, unit),
    }),
    { maxLength: 12 },
  );

  it('is well-formed whatever labels and boxes say', () => {
    fc.assert(
      fc.property(
        predictions,
        fc.integer({ min: 64, max: 4_000 }),
        fc.integer({ min: 64, max: 4_000 }),
        (drawn, width, height) => {
          const svg = overlaySvg(drawn, { width, height });
          expect(svg).not.toMatch(/NaN|Infinity|undefined/);
          expect(svg.replace(/[<>"=/]/g, '')).toMatch(/^[\w\s.#:()-]*$/);
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

    const chips = [
      ...overlaySvg(beside, { width: 1_000, height: 800 }).matchAll(/<rect x="([\d.]+)" y="([\d.]+)" [^>]*fill="#/g),
    ];
    const places = chips.map(([, x, y]) => `${x},${y}`);

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

  it('draws a path per letter, none for spaces', () => {
    expect(drawnText('a b', { x: 0, y: 10, height: 10, colour: '#fff' }).match(/<path/g)).toHaveLength(2);
  });

  it('is cut where it does not fit', () => {
    expect(fittingText('bolt', 10, 1_000)).toBe('bolt');
    const cut = fittingText('a rather long label', 10, 60);
    expect(cut).toMatch(/^a.*…$/);
    expect(textWidth(cut, 10)).toBeLessThanOrEqual(60);
  });
});

describe('colourOf', () => {
  it('gives neighbouring classes colours far apart, and ink that can be read on them', () => {
    for (let classId = 0; classId < 90; classId++) {
      expect(colourOf(classId).fill).toMatch(/^#[0-9a-f]{6}$/);
      expect(distance(rgbOf(colourOf(classId).fill), rgbOf(colourOf(classId + 1).fill))).toBeGreaterThan(60);
    }
  });
});
