import { execFile } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfiguration } from '#packages/foundation';
import { AppRig, eventually } from '../../../testing/app/app-rig.ts';
import { ffmpeg as run } from '../../../testing/app/ffmpeg.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { needs } from '../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../testing/outside-data/programs.ts';
import { appConfiguration } from '../config.ts';
import { ClipRecorder } from './clip-recorder.ts';
import type { Clip } from './clip-recorder.ts';
import { FragmentSplitter } from './fragment-splitter.ts';

const needed = await needs(ffmpeg);

function box(type: string, bytes: number): Buffer {
  const made = Buffer.alloc(8 + bytes, type.charCodeAt(0));
  made.writeUInt32BE(made.length);
  made.write(type, 4, 'latin1');
  return made;
}
const HEAD = Buffer.concat([box('ftyp', 12), box('moov', 40)]);
const fragment = (bytes: number): Buffer => Buffer.concat([box('moof', 16), box('mdat', bytes)]);

describe('FragmentSplitter', () => {
  it('gives back head and fragments, whatever pieces they come in', () => {
    const fragments = [fragment(0), fragment(300), fragment(7)];
    const all = Buffer.concat([HEAD, ...fragments]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1 }), (sizes) => {
        const came: Buffer[] = [];
        const note = (bytes: Buffer): void => void came.push(bytes);
        const splitter = new FragmentSplitter(1_000, {
          onStart: note,
          onFragment: note,
          onBroken: () => came.splice(0),
        });
        for (let at = 0, n = 0; at < all.length; at += sizes[n++ % sizes.length]!)
          splitter.push(all.subarray(at, at + sizes[n % sizes.length]!));
        expect(came.map((bytes) => bytes.toString('hex'))).toEqual(
          [HEAD, ...fragments].map((bytes) => bytes.toString('hex')),
        );
      }),
    );
  });

  it.each([box('mdat', 5_000), Buffer.alloc(8), Buffer.from('no file of this kind')])('stops at %#, once', (bytes) => {
    const broken: string[] = [];
    const splitter = new FragmentSplitter(1_000, {
      onStart: () => undefined,
      onFragment: () => undefined,
      onBroken: (reason) => broken.push(reason),
    });
    splitter.push(bytes);
    splitter.push(bytes);

    expect(broken).toHaveLength(1);
  });
});

describe('ClipRecorder', () => {
  let clock: FakeClock;
  let stream: PassThrough;
  let clips: Clip[];
  let recorder: ClipRecorder;

  const open = (settings: object): void => {
    const raw = { Sources: { cam: { Type: 'stream', Url: 'x', Clips: { Enabled: true, ...settings } } } };
    const { Sources } = parseConfiguration(appConfiguration, raw, { component: 'edgeml.InferenceApp' });
    clock = new FakeClock();
    clips = [];
    stream = new PassThrough();
    recorder = new ClipRecorder({
      settings: Sources['cam']!.Clips,
      clock,
      onClip: (clip) => clips.push(clip),
      onBroken: () => undefined,
    });
    recorder.take(stream);
    stream.write(HEAD);
  };
  /** A second passes, and its fragment of so many bytes comes. */
  const second = async (bytes = 1_000): Promise<void> => {
    await clock.advance(1_000);
    stream.write(fragment(bytes));
    await new Promise(setImmediate);
  };
  const seconds = async (count: number, bytes?: number): Promise<void> => {
    for (let n = 0; n < count; n++) await second(bytes);
  };

  it('keeps whole fragments around the moment, those that it cuts included', async () => {
    open({ BeforeSeconds: 2, AfterSeconds: 2 });
    await seconds(10);
    recorder.keep('detection');
    await seconds(4);

    expect(clips).toMatchObject([{ reason: 'detection', seconds: 4 }]);
    expect(clips[0]?.bytes.equals(Buffer.concat([HEAD, ...Array.from({ length: 4 }, () => fragment(1_000))]))).toBe(
      true,
    );
    expect(clock.now() - clips[0]!.from).toBe(6_000);
    expect(clock.pending).toBe(0);
  });

  it('goes on while its reason does, but not longer than allowed', async () => {
    open({ BeforeSeconds: 1, AfterSeconds: 2, MaxSeconds: 6 });
    await seconds(3);
    for (let n = 0; n < 20 && clips.length < 2; n++) {
      recorder.keep('motion');
      await second();
    }

    expect(clips.map(({ seconds: long }) => long)).toEqual([6, 6]);
  });

  it('holds no more than its memory, before and in a clip', async () => {
    open({ BeforeSeconds: 300, AfterSeconds: 300, MaxSeconds: 3_600, MemoryMB: 1 });
    await seconds(20, 100_000);
    expect(recorder.bytes).toBeLessThanOrEqual(1_000_000);
    recorder.keep('request');
    await seconds(20, 100_000);

    expect(clips).toHaveLength(1);
    expect(clips[0]!.bytes.length).toBeLessThanOrEqual(1_000_000 + HEAD.length);
    expect(recorder.bytes).toBeLessThanOrEqual(2_000_000);
  });

  it('hands over what it has when the camera is gone, is opened again, or is taken away', async () => {
    open({ BeforeSeconds: 2, AfterSeconds: 2 });
    await seconds(3);
    recorder.keep('request');
    await clock.advance(40_000);
    expect(clips).toHaveLength(1);

    await seconds(1);
    recorder.keep('request');
    recorder.take(new PassThrough());
    expect(clips).toHaveLength(2);

    recorder.keep('request');
    recorder.close();
    expect(clips).toHaveLength(2);
    expect(clock.pending).toBe(0);
    expect(recorder.bytes).toBe(0);
  });

  it.each([
    [{ Type: 'folder' }, 'clips are kept of sources of Type stream'],
    [{ Mode: 'once' }, 'Mode watch'],
    [
      {
        Masks: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        ],
      },
      'without Masks',
    ],
    [{ Clips: { Enabled: true, OnMotion: true } }, 'needs MotionGate'],
  ])('refuses %j', (settings, message) => {
    const raw = { Sources: { cam: { Type: 'stream', Url: 'x', Clips: { Enabled: true }, ...settings } } };
    expect(() => parseConfiguration(appConfiguration, raw, { component: 'edgeml.InferenceApp' })).toThrow(message);
  });
});

describe('clips of a camera', needed, () => {
  let rig: AppRig;
  /** Clips that were looked at in vain. */
  let passed: Set<string>;
  beforeEach(async () => {
    rig = await AppRig.open();
    rig.agent.active = ['Parts'];
    passed = new Set();
    const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25', '-t', '6', '-pix_fmt', 'yuv420p'];
    await run(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '5', '-bf', '0', join(rig.work, 'line.mp4'));
  });
  afterEach(() => rig.close());

  const folder = (): string => join(rig.work, 'clips');
  const clipNames = async (): Promise<readonly string[]> =>
    (await readdir(folder()).catch(() => [])).filter((name) => !name.startsWith('.')).sort();

  const started = (clips: object, more: object = {}, source: object = {}) =>
    rig.start({
      Sources: {
        cam: {
          ...{ Type: 'stream', Url: 'line.mp4', Loop: true, Services: ['Parts'], FramesPerSecond: 5 },
          Clips: { Enabled: true, BeforeSeconds: 1, AfterSeconds: 1, ...clips },
          ...source,
        },
      },
      ClipStore: { MinFreeDiskMB: 0, ...more },
    });

  /** Digests of the packets of a file, as they are. The application goes on meanwhile: it shares this process. */
  async function packetsOf(file: string): Promise<readonly string[]> {
    const words = [
      '-loglevel',
      'error',
      '-i',
      file,
      '-map',
      '0:v',
      '-c',
      'copy',
      '-f',
      'framehash',
      '-hash',
      'md5',
      '-',
    ];
    const { stdout } = await promisify(execFile)('ffmpeg', words);
    return stdout
      .split('\n')
      .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(',').at(-1)!.trim()]));
  }

  /** The first clip whose packets are those that are looked for; a longer clip may take the place of one that was not it. */
  async function clipWith(isIt: (packets: readonly string[]) => boolean): Promise<string | undefined> {
    for (const name of await clipNames()) {
      const file = join(folder(), name);
      const { size, mtimeMs } = await stat(file);
      const version = `${name} ${size} ${mtimeMs}`;
      if (passed.has(version)) continue;
      if (isIt(await packetsOf(file))) return name;
      passed.add(version);
    }
    return undefined;
  }

  function ask(path: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = { socketPath: join(rig.work, 'app.sock'), method: 'POST', path, agent: false };
      http
        .request(options, (response) => resolve(response.resume().statusCode ?? 0))
        .once('error', reject)
        .end();
    });
  }

  it('are its own packets, kept when a model finds one of Detections', async () => {
    const sent = new Set(await packetsOf(join(rig.work, 'line.mp4')));
    await started({ Detections: ['bolt'], MaxSeconds: 2 });
    // Of two seconds in which a busy machine stood still there is less to be kept: another clip comes.
    const ofASecond = () => clipWith((packets) => packets.length >= 20);
    await expect
      .poll(ofASecond, { timeout: PATIENCE_MS, interval: 500 })
      .toMatch(/^cam--\d{4}-\d\d-\d\dT[\d-]+Z--detection\.mp4$/);

    const name = (await ofASecond())!;
    const kept = await packetsOf(join(folder(), name));
    expect(kept.every((packet) => sent.has(packet))).toBe(true);
    // Every frame can be decoded, the first one included.
    await run('-xerror', '-i', join(folder(), name), '-f', 'null', '-');
  });

  it('show what moved from its first picture to its last', async () => {
    // Still for 3 s, a square that moves for 2 s, still again: 25 pictures a second.
    const square = "drawbox=x='mod(t*60\\,100)':y=30:w=60:h=60:color=white:t=fill:enable='between(t,3,5)'";
    const scene = ['-f', 'lavfi', '-i', `color=gray:size=160x120:rate=25,${square}`, '-t', '8', '-pix_fmt', 'yuv420p'];
    const file = join(rig.work, 'scene.mp4');
    await run(...scene, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '5', '-bf', '0', file);
    const event = (await packetsOf(file)).slice(3 * 25, 5 * 25);
    await started({ OnMotion: true }, {}, { Url: 'scene.mp4', MotionGate: { Enabled: true } });
    // Not all of the scene: who looks for a moment does not want the hour around it.
    const isOfEvent = (packets: readonly string[]): boolean =>
      packets.join().includes(event.join()) && packets.length < 8 * 25;
    const clipOfEvent = () => clipWith(isOfEvent);
    await expect.poll(clipOfEvent, { timeout: PATIENCE_MS, interval: 500 }).toMatch(/--motion\.mp4$/);

    const words = [
      '-v',
      'error',
      '-count_frames',
      '-show_entries',
      'stream=codec_name,width,nb_read_frames',
      '-of',
      'json',
    ];
    const { stdout } = await promisify(execFile)('ffprobe', [...words, join(folder(), (await clipOfEvent())!)]);
    const [video] = (JSON.parse(stdout) as { streams: readonly Record<string, unknown>[] }).streams;
    expect(video).toMatchObject({ codec_name: 'h264', width: 160 });
    expect(Number(video!['nb_read_frames'])).toBeGreaterThanOrEqual(event.length);
  });

  it('are not kept if nobody asked for them', async () => {
    await started({ Detections: ['screw'] });
    await eventually(() => rig.agent.invocations.length >= 5);

    expect(rig.of('clip.kept')).toEqual([]);
  });

  it('are kept on request, no more than there may be, the newest ones', async () => {
    await mkdir(folder());
    const app = await started({ AfterSeconds: 0.1, MaxSeconds: 1 }, { MaxClips: 2 });
    expect(await ask('/v1/sources/other/clip')).toBe(404);
    // Of two that begin with the same fragment, the later and longer one takes the place of the other.
    const files = () => new Set(rig.of('clip.kept').map(({ facts }) => facts['path'])).size;
    // Nothing is there to be kept before the first fragment.
    await expect
      .poll(async () => (await ask('/v1/sources/cam/clip'), files()), { timeout: PATIENCE_MS })
      .toBeGreaterThanOrEqual(3);
    // Another clip may be on its way, and takes the place of an older one.
    await app.stop();

    const names = await clipNames();
    expect(names).toHaveLength(2);
    for (const name of names) expect((await stat(join(folder(), name))).size).toBeGreaterThan(1_000);
  });
});
