import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frameBytes, isFrameBody, readFrameBody, tightStrides } from '#packages/frames';
import type { FrameFormat, RawFrame } from '#packages/frames';
import { encodeFrame } from '#packages/jpeg';
import { AppRig, eventually } from '../../../testing/app/app-rig.ts';
import { ffmpeg as run } from '../../../testing/app/ffmpeg.ts';
import { testNpy } from '../../../testing/app/test-image.ts';
import { bmp, tiff } from '../../../testing/vision/rasters.ts';
import { needs } from '../../../testing/outside-data/needs.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { ffmpeg } from '../../../testing/outside-data/programs.ts';
import { FrameMask } from './frame-mask.ts';
import { spansOf } from './polygon-spans.ts';
import type { Polygon } from './polygon-spans.ts';

const needed = await needs(ffmpeg);

const corner = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));

describe('spansOf', () => {
  it('covers every pixel that the polygon covers', () => {
    fc.assert(
      fc.property(fc.array(corner, { minLength: 3, maxLength: 7 }), corner, (polygon, [u, v]) => {
        const [width, height] = [40, 24];
        const covered = new Set(
          spansOf(polygon, width, height).flatMap(([row, from, to]) =>
            Array.from({ length: to - from }, (_, at) => row * width + from + at),
          ),
        );
        for (const index of covered) expect(index).toBeLessThan(width * height);
        // A point on one of the lines that are looked at, in the middle of a pixel.
        const [x, y] = [
          Math.min(width - 1, Math.floor(u * width)) + 0.5,
          Math.min(height - 1, Math.floor(v * height)) + 0.5,
        ];
        if (
          windingOf(
            polygon.map(([px, py]) => [px * width, py * height]),
            x,
            y,
          ) === 0
        )
          return;
        expect(covered.has(Math.floor(y) * width + Math.floor(x))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('covers pixels on its outline, and none beyond them', () => {
    expect(
      spansOf(
        [
          [0.26, 0],
          [0.74, 0],
          [0.74, 0.5],
          [0.26, 0.5],
        ],
        8,
        2,
      ),
    ).toSatisfy((spans: readonly number[][]) => spans.every(([row, from, to]) => row === 0 && from === 2 && to === 6));
  });
});

/** By angles, not by crossings. */
function windingOf(corners: readonly (readonly [number, number])[], x: number, y: number): number {
  const angles = corners.map(([cx, cy]) => Math.atan2(cy - y, cx - x));
  const turned = angles.map((angle, at) => {
    const step = angle - angles.at(at - 1)!;
    return step > Math.PI ? step - 2 * Math.PI : step < -Math.PI ? step + 2 * Math.PI : step;
  });
  return Math.round(turned.reduce((sum, step) => sum + step, 0) / (2 * Math.PI));
}

describe('FrameMask', () => {
  const RIGHT_HALF: Polygon = [
    [0.5, 0],
    [1, 0],
    [1, 1],
    [0.5, 1],
  ];

  it.each(['yuv420p', 'nv12', 'rgb24', 'bgr24', 'gray'] as const)(
    'blackens %s frames, and nothing beside',
    async (format) => {
      const frame = white(format, 64, 48);
      new FrameMask([RIGHT_HALF]).apply(frame);

      const picture = sharp(await encodeFrame(frame, { quality: 100 })).greyscale();
      const { data } = await picture.raw().toBuffer({ resolveWithObject: true });
      for (let at = 0; at < data.length; at++) {
        // JPEG blurs what lies within a block of the border; the border is one of blocks here.
        expect(data[at]).toSatisfy((value: number) => (at % 64 < 32 ? value > 250 : value < 5));
      }
    },
  );

  it('follows frames of another size', () => {
    const mask = new FrameMask([RIGHT_HALF]);
    mask.apply(white('gray', 8, 4));
    const wide = white('gray', 16, 2);
    mask.apply(wide);

    expect([...wide.data]).toEqual(Array.from({ length: 32 }, (_, at) => (at % 16 < 8 ? 255 : 0)));
  });
});

function white(format: FrameFormat, width: number, height: number): RawFrame {
  const layout = {
    format,
    width,
    height,
    strides: tightStrides(format, width),
    matrix: 'bt601',
    range: 'full',
  } as const;
  const data = new Uint8Array(frameBytes(layout)).fill(255);
  if (format === 'yuv420p' || format === 'nv12') data.fill(128, width * height);
  return { ...layout, data };
}

/** The upper left quarter. */
const MASKS = [
  [
    [0, 0],
    [0.5, 0],
    [0.5, 0.5],
    [0, 0.5],
  ],
];

describe('a source with masks', needed, () => {
  let rig: AppRig;
  beforeEach(async () => {
    rig = await AppRig.open();
    rig.agent.active = ['Parts'];
  });
  afterEach(() => rig.close());

  const whitePicture = (): Promise<Buffer> =>
    sharp({ create: { width: 160, height: 120, channels: 3, background: '#ffffff' } })
      .jpeg()
      .toBuffer();

  /** Brightness at the middle of the upper left quarter, and of the lower right one. */
  async function brightness(picture: Uint8Array): Promise<readonly [number, number]> {
    const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number): number =>
      data[Math.floor(y * info.height) * info.width + Math.floor(x * info.width)]!;
    return [at(0.25, 0.25), at(0.75, 0.75)];
  }

  /** The request to the model, and the picture that is kept. */
  async function expectMasked(): Promise<void> {
    await eventually(() => rig.agent.invocations.length > 0);
    const { body } = rig.agent.invocations[0]!;
    const seen = isFrameBody(body) ? await encodeFrame(readFrameBody(body), { quality: 95 }) : body;
    const [hidden, shown] = await brightness(seen);
    expect(hidden).toBeLessThan(10);
    expect(shown).toBeGreaterThan(245);
    const folder = join(rig.work, 'annotated');
    const names = async (): Promise<string[]> =>
      (await readdir(folder).catch(() => [])).filter((name) => /^[^.].*\.jpg$/.test(name));
    await expect.poll(names, { timeout: PATIENCE_MS }).not.toEqual([]);
    const [name = ''] = await names();
    const [kept] = await brightness(await readFile(join(folder, name)));
    expect(kept).toBeLessThan(60);
  }

  const started = (source: object) =>
    rig.start({ Sources: { cam: { Services: ['Parts'], Masks: MASKS, ...source } }, Annotate: { Keep: 'always' } });

  it('hides them in a stream, whose JPEG is not passed on as it is', async () => {
    await writeFile(join(rig.work, 'white.jpg'), await whitePicture());
    await run(
      '-loop',
      '1',
      '-i',
      join(rig.work, 'white.jpg'),
      '-frames:v',
      '3',
      '-c:v',
      'mjpeg',
      join(rig.work, 'a.avi'),
    );
    await started({ Type: 'stream', Url: 'a.avi', Mode: 'once' });

    await expectMasked();
  });

  it('hides them in snapshots', async () => {
    const picture = await whitePicture();
    const camera = http.createServer((_request, response) =>
      response.setHeader('content-type', 'image/jpeg').end(picture),
    );
    await new Promise<void>((resolve) => camera.listen(0, '127.0.0.1', resolve));
    const { port } = camera.address() as AddressInfo;
    await started({ Type: 'http', Url: `http://127.0.0.1:${port}/`, Mode: 'once' });

    await expectMasked();
    camera.closeAllConnections();
    await new Promise((resolve) => camera.close(resolve));
  });

  it('hides them in files, which the agent is not asked to read itself', async () => {
    await mkdir(join(rig.work, 'line'));
    await writeFile(join(rig.work, 'line', 'a.jpg'), await whitePicture());
    await started({ Type: 'folder', Path: 'line', Mode: 'once' });

    await expectMasked();
    expect(rig.agent.invocations.map(({ contentType }) => contentType)).toEqual(['image/jpeg']);
  });

  it('hides them in BMP files', async () => {
    await mkdir(join(rig.work, 'line'));
    const white = bmp({ bits: 24, width: 64, height: 48, pixel: () => 0xffffff });
    await writeFile(join(rig.work, 'line', 'a.bmp'), white);
    await started({ Type: 'folder', Path: 'line', Mode: 'once' });

    await expectMasked();
    expect(rig.agent.invocations.map(({ contentType }) => contentType)).toEqual(['image/jpeg']);
  });

  it('does not look at a TIFF of 16 bits, of which the masked picture would lose half', async () => {
    await mkdir(join(rig.work, 'line'));
    await writeFile(join(rig.work, 'line', 'a.tif'), tiff({ bits: 16 }));
    await started({ Type: 'folder', Path: 'line', Mode: 'once' });
    await eventually(() => rig.of('app.image-failed').length === 1);

    expect(rig.agent.invocations).toEqual([]);
    expect(String(rig.of('app.image-failed')[0]?.facts['error'])).toContain('16 bits');
  });

  it('does not look at a picture that it cannot mask', async () => {
    await mkdir(join(rig.work, 'line'));
    await writeFile(join(rig.work, 'line', 'a.npy'), testNpy());
    await started({ Type: 'folder', Path: 'line', Mode: 'once' });
    await eventually(() => rig.of('app.image-failed').length === 1);

    expect(rig.agent.invocations).toEqual([]);
    expect(String(rig.of('app.image-failed')[0]?.facts['error'])).toContain('cannot be masked');
  });
});
