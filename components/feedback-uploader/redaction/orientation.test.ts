import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { parseConfiguration } from '#packages/foundation';
import { redactionSchema } from '../settings/redaction-schema.ts';
import { jpegQuality } from './jpeg-quality.ts';
import { redactImage } from './redact-image.ts';

const WIDTH = 64;
const HEIGHT = 48;
const settings = parseConfiguration(redactionSchema, { classes: '*', mode: 'black', margin: 0 }, { component: 'test' });

/** No pixel is black. */
function image() {
  const data = Buffer.from(Array.from({ length: WIDTH * HEIGHT * 3 }, (_, at) => 50 + ((at * 7_919) % 200)));
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}

describe('redactImage and the way an image lies in its file', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'hides the upper left of the upright image with orientation %i, and nothing else',
    async (orientation) => {
      const original = await image().withMetadata({ orientation }).png().toBuffer();
      const upright = await sharp(original).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const prediction = [{ classId: 0, score: 1, box: [0, 0, 0.25, 0.5] }];
      const redacted = await redactImage(original, settings, prediction);
      const { data, info } = await sharp(redacted.image).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([upright.info.width, upright.info.height]);
      const isHidden = (pixel: number): boolean =>
        pixel % info.width < info.width / 4 && pixel < (info.width * info.height) / 2;
      const expected = upright.data.map((value, at) => (isHidden(Math.floor(at / 3)) ? 0 : value));
      expect(Buffer.compare(data, expected)).toBe(0);
    },
  );
});

describe('jpegQuality', () => {
  it.each([30, 50, 75, 80, 90, 95, 100])('reads %i from the tables', async (quality) => {
    const jpeg = await image().jpeg({ quality }).toBuffer();
    expect(Math.abs((jpegQuality(jpeg) ?? 0) - quality)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a PNG', Buffer.from('\u0089PNG\r\n')],
  ])('says nothing of %s', (_what, bytes) => {
    expect(jpegQuality(bytes)).toBeUndefined();
  });

  it('says nothing of a JPEG that ends in its table', async () => {
    const jpeg = await image().jpeg().toBuffer();
    const at = jpeg.indexOf(Buffer.from([0xff, 0xdb]));
    expect(jpegQuality(jpeg.subarray(0, at + 20))).toBeUndefined();
    expect(jpegQuality(jpeg.subarray(0, at))).toBeUndefined();
  });

  it('keeps a redacted photo about as large as it was', async () => {
    const photo = await image().resize(640, 480).jpeg({ quality: 85 }).toBuffer();
    const { image: redacted } = await redactImage(photo, settings, []);
    expect(redacted.length / photo.length).toBeGreaterThan(0.8);
    expect(redacted.length / photo.length).toBeLessThan(1.2);
  });
});
