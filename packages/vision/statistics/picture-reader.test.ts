import { describe, expect, it } from 'vitest';
import { specOf } from '../../../testing/vision/decoder-rig.ts';
import type { PictureStatistics } from '../loaded-model.ts';
import { Preprocessor } from '../tensor/preprocessor.ts';
import { PictureReader } from './picture-reader.ts';

const WIDTH = 320;
const HEIGHT = 240;
const NORMAL = { mean: [123.7, 116.3, 103.5], std: [58.4, 57.1, 57.4] };

type Paint = (x: number, y: number) => number;

/** A gray picture as the model's input would have it. */
function statisticsOf(paint: Paint, input: object = { width: 128, height: 96 }): PictureStatistics {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let at = 0; at < data.length; at++) {
    const pixel = Math.floor(at / 3);
    data[at] = Math.max(0, Math.min(255, paint(pixel % WIDTH, Math.floor(pixel / WIDTH))));
  }
  const spec = specOf('tensor', { decoder: 'tensor' }, input).input;
  const preprocessor = new Preprocessor(spec);
  const placement = preprocessor.fill({ width: WIDTH, height: HEIGHT, channels: 3, data });
  return new PictureReader(spec).read(preprocessor.feed, placement)!;
}

/** Squares of 20 pixels, 60 and 180. */
const squares: Paint = (x, y) => ((Math.floor(x / 20) + Math.floor(y / 20)) % 2 ? 180 : 60);

describe('PictureReader', () => {
  it('reads the mean and the deviation of a picture', () => {
    const { brightness, contrast } = statisticsOf(squares);
    expect(brightness).toBeCloseTo(120, -1);
    expect(contrast).toBeGreaterThan(0.4);
    expect(contrast).toBeLessThan(0.55);
    const flat = statisticsOf(() => 77);
    expect(flat.brightness).toBeCloseTo(77, 3);
    expect(flat.contrast).toBeCloseTo(0, 3);
    expect(flat.sharpness).toBeCloseTo(0, 3);
  });

  it('tells light, haze and blur apart', () => {
    const sharp = statisticsOf(squares);
    const dark = statisticsOf((x, y) => 0.3 * squares(x, y));
    const hazy = statisticsOf((x, y) => 120 + 0.2 * (squares(x, y) - 120));
    const blurred = statisticsOf((x, y) => 120 + 60 * Math.sin((Math.PI * x) / 40) * Math.sin((Math.PI * y) / 40));
    expect(dark.brightness / sharp.brightness).toBeCloseTo(0.3, 1);
    expect(dark.contrast / sharp.contrast).toBeCloseTo(1, 1);
    expect(dark.sharpness / sharp.sharpness).toBeCloseTo(1, 1);
    expect(hazy.contrast / sharp.contrast).toBeCloseTo(0.2, 1);
    expect(hazy.sharpness / sharp.sharpness).toBeCloseTo(1, 1);
    expect(blurred.sharpness / sharp.sharpness).toBeLessThan(0.6);
  });

  it('reads the layout from the left to the right and from the top to the bottom', () => {
    const { layout } = statisticsOf((x, y) => x / 2 + (y < HEIGHT / 2 ? 0 : 80));
    expect(layout).toHaveLength(48);
    expect(layout[7]! - layout[0]!).toBeGreaterThan(110);
    expect(layout[40]! - layout[0]!).toBeCloseTo(80, -1);
  });

  it.each([
    ['normalized', NORMAL],
    ['NHWC', { layout: 'NHWC' }],
    ['uint8', { dtype: 'uint8' }],
    ['float16', { dtype: 'float16', ...NORMAL }],
    ['BGR', { color: 'BGR', mean: [0, 10, 20] }],
    ['gray', { color: 'GRAY' }],
    ['a letterbox, whose bars do not count', { width: 128, height: 160, resize: 'letterbox' }],
  ])('gives the same for a tensor in another form: %s', (_what, input) => {
    const [plain, other] = [statisticsOf(squares), statisticsOf(squares, { width: 128, height: 96, ...input })];
    expect(other.brightness).toBeCloseTo(plain.brightness, 0);
    expect(other.contrast).toBeCloseTo(plain.contrast, 2);
    expect(other.sharpness).toBeCloseTo(plain.sharpness, 1);
    expect(Math.max(...other.layout.map((value, at) => Math.abs(value - plain.layout[at]!)))).toBeLessThanOrEqual(2);
  });

  it('gives up on a picture of a few pixels', () => {
    const spec = specOf('tensor', { decoder: 'tensor' }, { width: 2, height: 2 }).input;
    const preprocessor = new Preprocessor(spec);
    const placement = preprocessor.fill({ width: 4, height: 4, channels: 3, data: new Uint8Array(48) });
    expect(new PictureReader(spec).read(preprocessor.feed, placement)).toBeUndefined();
  });
});
