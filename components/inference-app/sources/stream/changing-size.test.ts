import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ffmpeg as run } from '../../../../testing/app/ffmpeg.ts';
import { StreamRig } from '../../../../testing/app/stream-rig.ts';
import { sharedFolder } from '../../../../testing/frames/test-ring.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../../../testing/patience.ts';

const needed = await needs(ffmpeg);
/** ffmpeg looks at five seconds of a stream before it begins; here all of it comes at once. */
const QUICK = { InputOptions: ['-analyzeduration', '100000', '-probesize', '30000'] };

describe('a camera that changes the size of its pictures', needed, () => {
  let work: string;
  let shared: ReturnType<typeof sharedFolder>;
  let rig: StreamRig;
  let camera: Server;
  let viewers: Socket[];
  /** Streams that the camera sends, one after the other, to each client. */
  let shows: readonly (readonly string[])[];

  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-size-'));
    shared = sharedFolder();
    rig = new StreamRig({ folder: shared.path, budget: () => 100_000_000, workFolder: work });
    viewers = [];
    camera = createServer((viewer) => {
      viewers.push(viewer.on('error', () => undefined));
      const parts = shows[Math.min(viewers.length, shows.length) - 1]!;
      void Promise.all(parts.map((name) => readFile(join(work, name)))).then((bytes) =>
        viewer.write(Buffer.concat(bytes)),
      );
    });
    await new Promise<void>((resolve) => camera.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await rig.close();
    for (const viewer of viewers) viewer.destroy();
    await new Promise((resolve) => camera.close(resolve));
    shared.remove();
    await rm(work, { recursive: true });
  });

  const url = (): string => `tcp://127.0.0.1:${(camera.address() as AddressInfo).port}`;
  const eventually = (condition: () => boolean): Promise<unknown> =>
    vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });

  async function video(name: string, size: string): Promise<void> {
    const picture = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25`, '-frames:v', '60'];
    const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '20', '-pix_fmt', 'yuv420p', '-f', 'mpegts'];
    await run(...picture, ...coding, join(work, name));
  }

  async function framesOf(name: string, bytes: number): Promise<Set<string>> {
    await run('-i', join(work, name), '-f', 'rawvideo', join(work, 'decoded.yuv'));
    const all = await readFile(join(work, 'decoded.yuv'));
    return new Set(
      Array.from({ length: all.length / bytes }, (_, at) => all.toString('latin1', at * bytes, (at + 1) * bytes)),
    );
  }

  it('is opened again: its frames lie in a new ring, pixel for pixel as the camera sent them', async () => {
    await video('small.ts', '160x120');
    await video('wide.ts', '320x180');
    shows = [['small.ts', 'wide.ts'], ['wide.ts']];
    const decoded = await framesOf('wide.ts', (320 * 180 * 3) / 2);

    void rig.play({ Url: url(), Format: 'mpegts', ...QUICK });
    await eventually(() => rig.seen.filter(({ width }) => width === 320).length >= 20);

    const wide = rig.seen.filter(({ width }) => width === 320);
    for (const { pixels } of wide) expect(decoded.has(pixels.toString('latin1'))).toBe(true);
    const small = rig.seen.filter(({ width }) => width === 160);
    expect(small.length).toBeGreaterThan(20);
    expect(wide[0]?.ring).not.toBe(small[0]?.ring);
    expect(rig.store.count).toBe(1);
    expect(rig.lines.filter(({ event }) => event === 'source.resized')).toEqual([
      { event: 'source.resized', facts: { source: 'cam', picture: '320x180 yuv420p' } },
    ]);
    expect(rig.events()).not.toContain('source.stream-lost');
    expect(rig.statistics.source('cam').state).toMatchObject({ resizes: 1, restarts: 0 });
  });

  it('again and again keeps the size that it was opened with, so that it is not opened all the time', async () => {
    await video('small.ts', '160x120');
    await video('wide.ts', '320x180');
    shows = [['small.ts', 'wide.ts', 'small.ts', 'wide.ts']];

    void rig.play({ Url: url(), Format: 'mpegts', ...QUICK });
    await eventually(() => rig.seen.length >= 200);

    expect(viewers).toHaveLength(2);
    expect(rig.statistics.source('cam').state.resizes).toBe(1);
    expect(new Set(rig.seen.map(({ width }) => width))).toEqual(new Set([160]));
  });
});
