import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { InvokeResult } from '#packages/http';
import { layoutOf } from '../../../testing/frames/frame-pattern.ts';
import { appConfiguration } from '../config.ts';
import type { Frame } from '../frame/frame.ts';
import type { HeldFrame } from '../frame/held-frame.ts';
import { Annotator } from './annotator.ts';

const frameOf = (source: string, takenAtMonotonic: number): Frame => ({
  source,
  image: 'a.jpg',
  takenAt: takenAtMonotonic,
  takenAtMonotonic,
  withImage: () => Promise.reject(new Error('is not read')),
});
const found = {
  service: 'Parts',
  image: { width: 64, height: 48 },
  predictions: [{ classId: 0, label: 'bolt', score: 0.9 }],
} as unknown as InvokeResult;

function annotatorOf(annotate: object, workFolder = '/nowhere'): Annotator {
  const settings = appConfiguration.parse({ Annotate: annotate }).Annotate;
  return new Annotator(
    workFolder,
    () => settings,
    (source) => source === 'door',
  );
}

describe('Annotator', () => {
  it('wants, as configured by default, every picture of a folder and one per second of a camera', () => {
    const annotator = annotatorOf({});
    const wanted = (source: string) => [0, 40, 1_040].map((at) => annotator.wants(frameOf(source, at), found));
    expect(wanted('line')).toEqual([true, true, true]);
    expect(wanted('door')).toEqual([true, false, true]);
  });

  it('wants none once it is not enabled', () => {
    expect(annotatorOf({ Enabled: false }).wants(frameOf('line', 0), found)).toBe(false);
  });

  it("draws on a camera's frame where it lies, without a JPEG of it before", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'edgeml-annotator-'));
    try {
      const layout = layoutOf(640, 480, 'gray');
      const data = Buffer.alloc(640 * 480, 128);
      const held = { frame: { ...layout, data } } as unknown as HeldFrame;
      const box = [0.25, 0.25, 0.75, 0.75] as const;
      const result = { ...found, image: { width: 640, height: 480 }, predictions: [{ ...found.predictions[0]!, box }] };

      const path = await annotatorOf({}, folder).annotate({ ...frameOf('door', 0), held }, result);

      const { data: pixels, info } = await sharp(await readFile(path))
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([640, 480]);
      const at = (x: number, y: number): readonly number[] => [
        ...pixels.subarray((y * 640 + x) * 3, (y * 640 + x) * 3 + 3),
      ];
      const isGray = ([r = 0, g = 0, b = 0]: readonly number[]) => Math.max(r, g, b) - Math.min(r, g, b) < 16;
      expect(isGray(at(320, 240))).toBe(true);
      expect(isGray(at(160, 300))).toBe(false);
      expect(data.every((byte) => byte === 128)).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
