import { appendFile, copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incidents, silentLogger, systemClock } from '#packages/foundation';
import { readFrame, RingStore } from '#packages/frames';
import type { FrameReference } from '#packages/frames';
import type { Clock } from '#packages/foundation';
import { ffmpeg as run } from '../../../../testing/app/ffmpeg.ts';
import { sourceOptions } from '../../../../testing/app/source-options.ts';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { sharedFolder } from '../../../../testing/frames/test-ring.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../testing/outside-data/programs.ts';
import { SlotProvider } from '../../frame/slot-provider.ts';
import type { Frame } from '../../frame/frame.ts';
import { Statistics } from '../../statistics/statistics.ts';
import type { FrameSink, SourceOptions } from '../image-source.ts';
import type { SkipReason } from '../../statistics/skip-reason.ts';
import { FfmpegPlayer } from './ffmpeg-player.ts';
import { StreamSource } from './stream-source.ts';

const needed = await needs(ffmpeg);
const streamOf = (options: SourceOptions): StreamSource => new StreamSource(options, new FfmpegPlayer(options));
const FRAME_BYTES = (160 * 120 * 3) / 2;
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-f', 'mpegts'];

/** Holds what is offered until it is told to let go, as the scheduler does. */
class HoldingSink implements FrameSink {
  readonly frames: Frame[] = [];
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  onFrame: (frame: Frame) => void = () => undefined;

  get outstanding(): number {
    return this.frames.length;
  }

  offer(frame: Frame): void {
    frame.held?.hold();
    this.frames.push(frame);
    this.onFrame(frame);
  }

  skip(reason: SkipReason, count = 1): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + count;
  }

  below(): Promise<void> {
    return Promise.resolve();
  }
}

describe('frames of a stream', needed, () => {
  let work: string;
  let shared: ReturnType<typeof sharedFolder>;
  let store: RingStore;
  let sink: HoldingSink;
  let statistics: Statistics;
  let end: (() => void)[];
  /** The agent leases a ring once this has resolved. */
  let beforeLease: () => Promise<void>;
  const incidents: string[] = [];

  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-raw-'));
    shared = sharedFolder();
    store = new RingStore({ folder: shared.path, budget: () => 100_000_000 });
    sink = new HoldingSink();
    statistics = new Statistics();
    end = [];
    beforeLease = () => Promise.resolve();
    incidents.length = 0;
  });
  afterEach(async () => {
    shared.remove();
    await rm(work, { recursive: true, force: true });
  });

  function play(settings: object, clock: Clock = systemClock): Promise<void> {
    const note = (_facts: object, event: string): void => void incidents.push(event);
    const provider = new SlotProvider({
      clock: systemClock,
      incidents: new Incidents({ ...silentLogger, warn: note, info: note }),
      agent: {
        leaseRing: async (request) => {
          await beforeLease();
          const lease = await store.lease(request);
          const ended = new Promise<void>((resolve) => end.push(resolve));
          return { ring: lease.ring, ended, end: () => lease.end() };
        },
      },
    });
    const openSlots: SlotProvider['open'] = (...words) => provider.open(...words);
    const given = { workFolder: work, openSlots, clock, statistics };
    const source = streamOf(sourceOptions({ Mode: 'once', ...settings }, given));
    return source.run(sink);
  }

  const referenceOf = ({ held }: Frame): FrameReference => {
    if (held?.request.by !== 'reference') throw new Error('the frame is not in a ring');
    return held.request.reference;
  };

  const video = (name: string, frames: number, ...picture: string[]) =>
    run(
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=160x120:rate=10`,
      '-frames:v',
      String(frames),
      ...picture,
      ...X264,
      join(work, name),
    );

  /** The frames of a video as ffmpeg decodes them, by their number. */
  async function decodedOf(name: string): Promise<(number: number) => Buffer> {
    await run('-i', join(work, name), '-f', 'rawvideo', join(work, 'decoded.yuv'));
    const all = await readFile(join(work, 'decoded.yuv'));
    return (number) => all.subarray(number * FRAME_BYTES, (number + 1) * FRAME_BYTES);
  }

  it('lie in the ring as ffmpeg decodes them, with what the stream says of its colors', async () => {
    await video('a.ts', 12, '-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709');
    const decoded = await decodedOf('a.ts');
    sink.onFrame = (frame) => {
      const number = sink.frames.length - 1;
      const reference = referenceOf(frame);
      const into = Buffer.alloc(FRAME_BYTES);
      readFrame(store.find(reference), into);
      expect(into.equals(decoded(number))).toBe(true);
      expect(reference).toMatchObject({
        width: 160,
        height: 120,
        format: 'yuv420p',
        matrix: 'bt709',
        range: 'limited',
      });
      frame.held?.release();
    };

    await play({ Url: 'a.ts' });

    expect(sink.frames).toHaveLength(12);
    expect(sink.skipped).toEqual({});
    expect(store.bytes).toBe(0);
    expect(incidents).toEqual([]);
  });

  it('wait for memory in mode once: none is skipped, and none changes while it is held', async () => {
    await video('a.ts', 40);
    const seen: string[] = [];
    sink.onFrame = (frame) => {
      const { data } = frame.held!.frame;
      const before = Buffer.from(data);
      setTimeout(() => {
        expect(before.equals(data)).toBe(true);
        seen.push(frame.image);
        frame.held?.release();
      }, 5);
    };

    await play({ Url: 'a.ts' });

    expect(sink.frames).toHaveLength(40);
    await expect.poll(() => store.bytes).toBe(0);
    expect(seen).toHaveLength(40);
  });

  it('are dropped, counted as busy, while all memory is held, and the held ones stay what they are', async () => {
    await video('a.ts', 30);
    const copies: Buffer[] = [];
    sink.onFrame = (frame) => void copies.push(Buffer.from(frame.held!.frame.data));

    await play({ Url: 'a.ts', Mode: 'watch' });

    // Six slots, one of which is always written.
    expect(sink.frames).toHaveLength(5);
    expect(sink.skipped).toEqual({ busy: 25 });
    sink.frames.forEach(({ held }, at) => expect(copies[at]!.equals(held!.frame.data)).toBe(true));
    for (const { held } of sink.frames) held?.release();
    expect(store.bytes).toBe(0);
  });

  it('keep their size when the camera changes it in mid-stream', async () => {
    await video('a.ts', 6);
    await run('-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10', '-frames:v', '6', ...X264, join(work, 'b.ts'));
    await copyFile(join(work, 'a.ts'), join(work, 'both.ts'));
    await appendFile(join(work, 'both.ts'), await readFile(join(work, 'b.ts')));
    sink.onFrame = ({ held }) => held?.release();

    await play({ Url: 'both.ts' });

    expect(sink.frames.length).toBeGreaterThanOrEqual(11);
    expect(new Set(sink.frames.map((frame) => referenceOf(frame).width))).toEqual(new Set([160]));
    expect(sink.skipped).toEqual({});
  });

  it('go to a new ring when the agent took the old one away, and the old one is not left behind', async () => {
    await video('a.ts', 20);
    const decoded = await decodedOf('a.ts');
    sink.onFrame = ({ held }) => {
      if (sink.frames.length === 5) end[0]!();
      const expected = decoded(sink.frames.length - 1);
      setTimeout(() => {
        expect(expected.equals(held!.frame.data)).toBe(true);
        held?.release();
      }, 5);
    };

    await play({ Url: 'a.ts' });

    expect(sink.frames).toHaveLength(20);
    const rings = [...new Set(sink.frames.map((frame) => referenceOf(frame).ring))];
    expect(rings).toHaveLength(2);
    await expect.poll(() => store.bytes).toBe(0);
  });

  it('lie in memory of our own if there is no ring, which is said once', async () => {
    store = new RingStore({ folder: shared.path, budget: () => 0 });
    await video('a.ts', 8);
    sink.onFrame = ({ held }) => held?.release();

    await play({ Url: 'a.ts' });

    expect(sink.frames.map(({ held }) => held?.request.by)).toEqual(Array.from({ length: 8 }, () => 'body'));
    expect(incidents).toEqual(['frames.over-the-socket']);
  });

  it('give a ring back that comes when nobody waits for their stream any more', async () => {
    await video('a.ts', 3);
    const clock = new FakeClock();
    let lease = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      beforeLease = () => {
        resolve();
        return new Promise<void>((answer) => (lease = answer));
      };
    });
    const run = expect(play({ Url: 'a.ts', NoFrameSeconds: 20 }, clock)).rejects.toMatchObject({
      code: 'source.no-frame',
    });
    await asked;
    await clock.advance(20_000);
    await run;

    lease();
    await expect.poll(() => [end.length, store.bytes]).toEqual([1, 0]);
  });

  describe('behind a motion gate', () => {
    const GATE = { Enabled: true, EverySeconds: 0 };
    /** Four seconds of gray, in the last of which a white box runs through the upper half. */
    const scene = (name: string) => {
      const inputs = ['color=gray:size=160x120:rate=10', 'color=white:size=40x40:rate=10'];
      const box = "overlay=x='mod(n*7,120)':y=10:enable='gte(t,3)'";
      const words = inputs.flatMap((input) => ['-f', 'lavfi', '-i', input]);
      return run(...words, '-filter_complex', box, '-frames:v', '40', ...X264, join(work, name));
    };
    /** A tenth of a second for each frame, however fast they come. */
    const atFilmedSpeed = (): Clock => {
      let ms = 0;
      return { ...systemClock, monotonic: () => (ms += 100) };
    };

    it('are looked at while something moves; the others are counted as unchanged, and take no memory', async () => {
      await scene('a.ts');
      sink.onFrame = ({ held }) => held?.release();

      await play({ Url: 'a.ts', MotionGate: GATE }, atFilmedSpeed());

      const { unchanged = 0 } = sink.skipped;
      expect(sink.frames.length + unchanged).toBe(40);
      expect(sink.frames.length).toBeGreaterThanOrEqual(10);
      expect(unchanged).toBeGreaterThanOrEqual(15);
      expect(statistics.source('cam').state).toMatchObject({ frames: 40, motion: { isMoving: true, unchanged } });
    });

    it('are unchanged if what moves lies in a mask', async () => {
      await scene('a.ts');
      sink.onFrame = ({ held }) => held?.release();
      const upperHalf = [[0, 0], [1, 0], [1, 0.6], [0, 0.6]]; // prettier-ignore

      await play({ Url: 'a.ts', MotionGate: { ...GATE, Masks: [upperHalf] } }, atFilmedSpeed());

      // The first frame is new, and what has begun is followed for a second.
      expect(sink.frames.length).toBeLessThanOrEqual(10);
      expect(statistics.source('cam').state.motion?.changedShare).toBe(0);
      expect((sink.skipped.unchanged ?? 0) + sink.frames.length).toBe(40);
    });

    it('of a camera that sends JPEG are decoded for it', async () => {
      await run(
        '-f',
        'lavfi',
        '-i',
        'testsrc2=size=160x120:rate=10',
        '-frames:v',
        '3',
        '-c:v',
        'mjpeg',
        join(work, 'a.avi'),
      );
      sink.onFrame = ({ held }) => held?.release();

      await play({ Url: 'a.avi', MotionGate: GATE });

      expect(sink.frames[0]?.held?.frame).toMatchObject({ width: 160, height: 120, range: 'full' });
    });
  });

  it('become a JPEG when somebody keeps one, once for all', async () => {
    await video('a.ts', 2);
    const pictures: Promise<Uint8Array>[] = [];
    sink.onFrame = (frame) => {
      const take = () => frame.withImage(async ({ bytes }) => bytes);
      pictures.push(take(), take());
      frame.held?.release();
    };

    await play({ Url: 'a.ts' });

    const [first, again, second] = await Promise.all(pictures);
    expect(first).toBe(again);
    expect(Buffer.from(first!).readUInt16BE(0)).toBe(0xffd8);
    expect(Buffer.from(first!).equals(second!)).toBe(false);
  });
});
