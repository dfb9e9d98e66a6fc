import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preparationOf } from '#packages/model-package';

import { specOf } from '../../../testing/vision/decoder-rig.ts';
import { patternPixels } from '../../../testing/vision/images.ts';
import { anySteps, slowSteps } from '../../../testing/vision/slow-preparation.ts';
import type { SlowPicture } from '../../../testing/vision/slow-preparation.ts';
import { Preprocessor } from '../tensor/preprocessor.ts';
import { placementOf } from './geometry.ts';
import { PlainResizer } from './plain-resizer.ts';
import { planSteps } from './plan-steps.ts';

const inputOf = (input: object) => specOf('tensor', { decoder: 'tensor' }, input).input;
const planOf = (input: object, width: number, height: number) =>
  planSteps({ width, height }, preparationOf(inputOf(input)).steps, 1e7);

const picture = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) });

function slowImage(width: number, height: number, data: Uint8Array): SlowPicture {
  const at = (x: number, y: number, channel: number): number => data[(y * width + x) * 3 + channel] as number;
  return { width, height, back: { x: [1, 0], y: [1, 0] }, at };
}

describe('any list of steps', () => {
  it('gives the pixels that one step after the other gives, in WebAssembly and in plain JavaScript', () => {
    fc.assert(
      fc.property(anySteps, picture, (steps, { width, height }) => {
        const input = inputOf({ layout: 'NHWC', dtype: 'uint8', steps });
        const pixels = { width, height, channels: 3, data: patternPixels(width, height) };
        const slow = slowSteps(slowImage(width, height, pixels.data), preparationOf(input).steps);
        const expected = Array.from({ length: slow.width * slow.height * 3 }, (_, at) =>
          slow.at(Math.floor(at / 3) % slow.width, Math.floor(at / 3 / slow.width), at % 3),
        );
        const plain = new Preprocessor(input, { makeResizer: (target) => new PlainResizer(target) });
        for (const preprocessor of [plain, new Preprocessor(input)]) {
          preprocessor.fill(pixels);
          expect(preprocessor.feed.shape).toEqual([1, slow.height, slow.width, 3]);
          expect([...(preprocessor.feed.data as Uint8Array)]).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leads back to the image from every point of the tensor', () => {
    fc.assert(
      fc.property(anySteps, picture, fc.double({ min: 0, max: 1, noNaN: true }), (steps, { width, height }, part) => {
        const { steps: parsed } = preparationOf(inputOf({ steps }));
        const placement = placementOf(planSteps({ width, height }, parsed, 1e7));
        const { back, ...slow } = slowSteps(slowImage(width, height, patternPixels(width, height)), parsed);
        expect({ width: placement.width, height: placement.height }).toEqual({
          width: slow.width,
          height: slow.height,
        });
        const [x, y] = [part * slow.width, part * slow.height];
        expect((part * placement.scaleX + placement.offsetX) * width).toBeCloseTo(x * back.x[0] + back.x[1], 8);
        expect((part * placement.scaleY + placement.offsetY) * height).toBeCloseTo(y * back.y[0] + back.y[1], 8);
        // And forward again.
        const [imageX, imageY] = [x * back.x[0] + back.x[1], y * back.y[0] + back.y[1]].map(
          (at, axis) => at / (axis ? height : width),
        );
        expect(((imageX as number) - placement.offsetX) / placement.scaleX).toBeCloseTo(part, 8);
        expect(((imageY as number) - placement.offsetY) / placement.scaleY).toBeCloseTo(part, 8);
      }),
      { numRuns: 300 },
    );
  });

  it('has the size that is told without an image, if one is told', () => {
    fc.assert(
      fc.property(anySteps, picture, (steps, { width, height }) => {
        const preparation = preparationOf(inputOf({ steps }));
        const { canvas } = planSteps({ width, height }, preparation.steps, 1e7).at(-1)!;
        expect({ width: preparation.width ?? canvas.width, height: preparation.height ?? canvas.height }).toEqual(
          canvas,
        );
      }),
      { numRuns: 300 },
    );
  });
});

it.each([
  ['a stretch', { width: 2, height: 1, mode: 'stretch' }, { width: 1, height: 2 }, { width: 1, height: 1 }],
  ['a line of text', { height: 20, maxWidth: 50 }, { width: 100, height: 10 }, { width: 60, height: 20 }],
])('does not tell a size that %s without enlarging may pass', (_, resize, picture, pad) => {
  const preparation = preparationOf(
    inputOf({
      steps: [
        { step: 'resize', enlarge: false, ...resize },
        { step: 'pad', ...pad, align: 'center', value: [0] },
      ],
    }),
  );
  const { canvas } = planSteps(picture, preparation.steps, 1e7).at(-1)!;
  const { width = canvas.width, height = canvas.height } = preparation;
  expect({ width, height }).toEqual(canvas);
});

describe('the short form', () => {
  const box = { width: 640, height: 640, resize: 'letterbox' };

  it.each([
    ['letterbox in the center, as Ultralytics', box, 1280, 720, { resized: [640, 360], at: [0, 140] }],
    ['an odd bar has its smaller half before', box, 1000, 333, { resized: [640, 213], at: [0, 213] }],
    ['a line of an image that is far too wide stays', box, 10_000, 3, { resized: [640, 1], at: [0, 319] }],
    [
      'letterbox at the top left, as YOLOX',
      { ...box, align: 'top-left' },
      1000,
      333,
      { resized: [640, 213], at: [0, 0] },
    ],
    [
      'YOLOX truncates the product with the ratio',
      { width: 416, height: 416, resize: 'letterbox', align: 'top-left' },
      720,
      576,
      { resized: [415, 332], at: [0, 0] },
    ],
    [
      "224 out of 256 of the shorter side, as torchvision's Resize and CenterCrop",
      { width: 224, height: 224, resize: 'center-crop', cropFraction: 0.875 },
      640,
      480,
      { resized: [341, 256], window: [58, 16, 224, 224], at: [0, 0] },
    ],
    ['stretch', { width: 640, height: 640 }, 123, 45, { resized: [640, 640], at: [0, 0] }],
  ])('%s', (_, input, width, height, expected) => {
    const [pass, ...others] = planOf(input, width, height);
    expect(others).toEqual([]);
    expect([pass?.resized.width, pass?.resized.height]).toEqual(expected.resized);
    expect([pass?.at.x, pass?.at.y]).toEqual(expected.at);
    const { x, y, width: across, height: down } = pass!.window;
    if ('window' in expected) expect([x, y, across, down]).toEqual(expected.window);
  });
});

describe('steps', () => {
  it.each<[string, readonly object[], [number, number], [number, number]]>([
    [
      "rectangular inference, as Ultralytics' letterbox with minimal padding",
      rectangular(640),
      [1280, 720],
      [640, 384],
    ],
    ['of a small picture too', rectangular(640), [100, 50], [640, 320]],
    [
      'short side with a limit, as DETR',
      [{ step: 'resize', shortSide: 800, maxSide: 1333, rounding: 'floor' }],
      [2000, 1000],
      [1332, 666],
    ],
    ['short side, as PaddleClas', [{ step: 'resize', shortSide: 256 }], [500, 375], [341, 256]],
    ['short side, as torchvision', [{ step: 'resize', shortSide: 256, rounding: 'floor' }], [500, 333], [384, 256]],
    [
      "PaddleOCR's recognizer: height 48, the width that follows, at most 320, padded to 320",
      [
        { step: 'resize', height: 48, maxWidth: 320, rounding: 'ceil' },
        { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
      ],
      [101, 37],
      [320, 48],
    ],
    [
      "PP-OCR's recognizer: a long line is rounded down",
      [
        { step: 'resize', height: 48, rounding: 'ceil', truncateAbove: 320 },
        { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
      ],
      [376, 23],
      [784, 48],
    ],
    [
      "PP-OCR's recognizer: a line of 320.6 pixels, too",
      [
        { step: 'resize', height: 48, rounding: 'ceil', truncateAbove: 320 },
        { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
      ],
      [167, 25],
      [320, 48],
    ],
    [
      "PP-OCR's recognizer: a short line is filled up",
      [
        { step: 'resize', height: 48, rounding: 'ceil', truncateAbove: 320 },
        { step: 'pad', width: 320, height: 48, align: 'top-left', value: 127.5 },
      ],
      [101, 37],
      [320, 48],
    ],
    [
      "PaddleOCR's detector: at most 960, then the nearest multiples of 32",
      [{ step: 'resize', longSide: 960, enlarge: false, rounding: 'truncate', multiple: 32 }],
      [1000, 333],
      [960, 320],
    ],
  ])('%s', (_, steps, [width, height], expected) => {
    const { canvas } = planOf({ steps }, width, height).at(-1)!;
    expect([canvas.width, canvas.height]).toEqual(expected);
  });

  it('take one pass unless something that was resized or padded is resized again', () => {
    const resize = { step: 'resize', width: 64, height: 64 };
    expect(
      planOf({ steps: [{ step: 'crop', square: true }, resize, { step: 'crop', width: 32, height: 32 }] }, 300, 200),
    ).toHaveLength(1);
    expect(planOf({ steps: [{ step: 'pad', square: true }, resize] }, 300, 200)).toHaveLength(2);
    expect(planOf({ steps: [{ step: 'pad', square: true }, resize] }, 200, 200)).toHaveLength(1);
    expect(planOf({ steps: [resize, { step: 'resize', shortSide: 32 }] }, 300, 200)).toHaveLength(2);
  });

  it('refuse an image that would become too large on the way, however thin it is', () => {
    expect(() => planOf({ steps: [{ step: 'resize', shortSide: 640 }] }, 16_000, 3)).toThrow(
      expect.objectContaining({ code: 'image.too-large' }),
    );
  });
});

function rectangular(side: number): readonly object[] {
  return [
    { step: 'resize', width: side, height: side, mode: 'contain' },
    { step: 'pad', multiple: 32 },
  ];
}
