import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { PATIENCE_MS } from '../../../../testing/patience.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../testing/outside-data/programs.ts';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { Statistics } from '../../statistics/statistics.ts';
import { startCamera, TEST_PICTURE, testVideo } from '../../../../testing/app/ffmpeg.ts';
import { freePort } from '../../../../testing/process/free-port.ts';
import { isAlive, pidsNamed } from '../../../../testing/process/process-facts.ts';
import { RecordingSink } from '../../../../testing/app/recording-sink.ts';
import { sourceOptions } from '../../../../testing/app/source-options.ts';
import type { SourceOptions } from '../image-source.ts';
import { FfmpegPlayer } from './ffmpeg-player.ts';
import { StreamSource } from './stream-source.ts';

const needed = await needs(ffmpeg);
const streamOf = (options: SourceOptions): StreamSource => new StreamSource(options, new FfmpegPlayer(options));

let work: string;
let sink: RecordingSink;
let statistics: Statistics;
let lines: { event: string; facts: string }[];
let sources: { readonly source: StreamSource; readonly run: Promise<void> }[];
let cameras: ChildProcess[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-stream-'));
  [sink, statistics, lines, sources, cameras] = [new RecordingSink(), new Statistics(), [], [], []];
});

afterEach(async () => {
  for (const camera of cameras) camera.kill('SIGKILL');
  await Promise.all(sources.map(({ source }) => source.stop()));
  await Promise.all(sources.map(({ run }) => run.catch(() => undefined)));
  await rm(work, { recursive: true, force: true });
});

function recorder(): Logger {
  const note = (facts: object, event: string): void => {
    const words = Object.values(facts).map((fact: unknown) => (fact instanceof Error ? fact.message : String(fact)));
    if (event !== 'source.decoding') lines.push({ event, facts: words.join(' ') });
  };
  return { debug: note, info: note, warn: note, error: note, child: recorder };
}

function play(
  settings: object,
  clock: Clock = systemClock,
): { readonly source: StreamSource; readonly run: Promise<void> } {
  const source = streamOf(sourceOptions(settings, { workFolder: work, clock, statistics, log: recorder() }));
  const running = { source, run: source.run(sink) };
  running.run.catch(() => undefined);
  sources.push(running);
  return running;
}

function camera(...output: readonly string[]): ChildProcess {
  const started = startCamera(...output);
  cameras.push(started);
  return started;
}

const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });
const events = (): string[] => lines.map(({ event }) => event);
const generated = { Url: TEST_PICTURE, Format: 'lavfi' };
/** The ffmpeg of our sources. */
const ffmpegPids = (): readonly number[] => {
  const ours = new Set(cameras.map(({ pid }) => pid));
  return pidsNamed('ffmpeg', process.pid).filter((pid) => !ours.has(pid));
};
const onlyPid = (): number => {
  const [pid, ...others] = ffmpegPids();
  expect(others).toEqual([]);
  return pid!;
};

describe('StreamSource, once', needed, () => {
  it('gives every frame of a video file, in order, and ends', async () => {
    await testVideo(join(work, 'line.avi'), 25);

    await play({ Url: 'line.avi', Mode: 'once' }).run;

    expect(sink.images).toHaveLength(25);
    expect(sink.images[0]).toBe('cam-00000001.jpg');
    const { format, width } = await sink.frames[24]!.withImage(async ({ bytes }) => sharp(bytes).metadata());
    expect([format, width]).toEqual(['jpeg', 160]);
    expect(sink.skipped).toEqual({});
  });

  it('lets ffmpeg wait while frames are not answered, so that none is skipped', async () => {
    await testVideo(join(work, 'line.avi'), 400);
    sink.outstanding = 100;
    const { run } = play({ Url: 'line.avi', Mode: 'once' });
    await eventually(() => sink.frames.length > 0);
    const waiting = sink.frames.length;
    expect(waiting).toBeLessThan(100);

    sink.answered();
    await run;

    expect(sink.frames).toHaveLength(400);
  });

  it('makes frames smaller and fewer where it is asked to', async () => {
    await testVideo(join(work, 'line.avi'), 40);

    await play({ Url: 'line.avi', Mode: 'once', FramesPerSecond: '5', MaxWidth: '80' }).run;

    expect(sink.frames.length).toBeGreaterThan(15);
    expect(sink.frames.length).toBeLessThan(25);
    const { width, height } = await sink.frames[0]!.withImage(async ({ bytes }) => sharp(bytes).metadata());
    expect([width, height]).toEqual([80, 60]);
  });

  it('fails with what ffmpeg says of a file that is missing', async () => {
    await expect(play({ Url: 'gone.mp4', Mode: 'once' }).run).rejects.toMatchObject({
      code: 'source.stream-failed',
      message: expect.stringMatching(/gone\.mp4.*No such file/) as string,
    });
  });

  it('fails with what ffmpeg says of a file that is not a video', async () => {
    await writeFile(join(work, 'text.mp4'), 'no video at all');

    await expect(play({ Url: 'text.mp4', Mode: 'once' }).run).rejects.toMatchObject({ code: 'source.stream-failed' });
  });
});

describe('StreamSource without ffmpeg', () => {
  it('says how to install it', async () => {
    await expect(
      play({ ...generated, Mode: 'once', FfmpegPath: 'ffmpeg-that-is-not-there' }).run,
    ).rejects.toMatchObject({
      code: 'source.ffmpeg-missing',
      message: expect.stringContaining('apt-get install ffmpeg') as string,
    });
  });

  it('says so of something that is not ffmpeg', async () => {
    await expect(play({ ...generated, Mode: 'once', FfmpegPath: 'true' }).run).rejects.toMatchObject({
      code: 'source.ffmpeg-failed',
    });
  });

  it('waits for it to be installed in the other modes, and logs it once', async () => {
    play({ ...generated, FfmpegPath: 'ffmpeg-that-is-not-there' });
    await eventually(() => statistics.counts.streamRestarts >= 3);

    expect(events()).toEqual(['source.stream-lost']);
    expect(lines[0]?.facts).toContain('apt-get install ffmpeg');
  });
});

describe('StreamSource, watching', needed, () => {
  it('plays a file at the speed at which it was filmed, again and again', async () => {
    await testVideo(join(work, 'line.avi'), 5);
    const startedAt = performance.now();
    play({ Url: 'line.avi', Loop: true });
    await eventually(() => sink.frames.length >= 12);

    // 12 frames at 10 per second.
    expect(performance.now() - startedAt).toBeGreaterThan(900);
    expect(statistics.counts.streamRestarts).toBe(0);
  });

  it('is done at the end of a file that does not begin again', async () => {
    await testVideo(join(work, 'line.avi'), 5);

    await play({ Url: `file://${join(work, 'line.avi')}` }).run;

    expect(sink.frames).toHaveLength(5);
    expect(events()).toEqual([]);
  });

  it('opens the stream again when ffmpeg is killed', async () => {
    play(generated);
    await eventually(() => sink.frames.length >= 3);
    const pid = onlyPid();

    process.kill(pid, 'SIGKILL');
    await eventually(() => events().includes('source.streams-again'));

    expect(events()).toEqual(['source.stream-lost', 'source.streams-again']);
    expect(statistics.counts.streamRestarts).toBe(1);
    expect(onlyPid()).not.toBe(pid);
  });

  it('kills an ffmpeg that stands still, and opens the stream again', async () => {
    const clock = new FakeClock();
    play({ ...generated, NoFrameSeconds: '4' }, clock);
    await eventually(() => sink.frames.length >= 3);
    const pid = onlyPid();

    process.kill(pid, 'SIGSTOP');
    await clock.advance(4_000);
    await eventually(() => events().includes('source.stream-lost'));
    // The pause before the next attempt.
    await eventually(() => clock.pending > 0);
    await clock.advance(1_000);
    await eventually(() => events().includes('source.streams-again'));

    expect(lines[0]).toMatchObject({
      event: 'source.stream-lost',
      facts: expect.stringContaining('no frame for 4 s') as string,
    });
    expect(isAlive(pid)).toBe(false);
  });

  it('gives a camera that is opened 10 s, however short NoFrameSeconds is', async () => {
    const clock = new FakeClock();
    let viewers = 0;
    const silent = createServer(() => viewers++).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    play({ Url: `tcp://127.0.0.1:${port}`, Format: 'mpegts', NoFrameSeconds: 0.5 }, clock);
    await eventually(() => viewers === 1);
    await clock.advance(9_900);
    // The watchdog waits on.
    expect(clock.pending).toBe(1);
    await clock.advance(100);
    await eventually(() => events().includes('source.stream-lost'));

    expect(lines[0]?.facts).toContain('sent no frame for 10 s');
    silent.close();
  });

  it('waits for a camera, takes it when it comes, and again when it comes back', async () => {
    const url = `tcp://127.0.0.1:${await freePort()}`;
    const serve = (): ChildProcess => camera('-c:v', 'mpeg2video', '-g', '1', '-f', 'mpegts', `${url}?listen=1`);
    play({ Url: url, Format: 'mpegts', InputOptions: ['-analyzeduration', '200000'] });
    await eventually(() => events().includes('source.stream-lost'));

    const first = serve();
    await eventually(() => sink.frames.length >= 3);
    first.kill('SIGKILL');
    await once(first, 'exit');
    serve();
    await eventually(() => events().filter((event) => event === 'source.streams-again').length === 2);

    expect(statistics.counts.streamRestarts).toBeGreaterThanOrEqual(2);
  });

  it('takes what a camera sends by RTSP', async () => {
    const url = `rtsp://127.0.0.1:${await freePort()}/live`;
    play({ Url: url, InputOptions: ['-rtsp_flags', 'listen'] });
    // The source listens, the camera dials: again until somebody listens.
    const dial = (): void => {
      const sender = camera('-c:v', 'mpeg2video', '-g', '1', '-f', 'rtsp', '-rtsp_transport', 'tcp', url);
      sender.once('exit', () => void (sink.frames.length === 0 && cameras.length < 1_000 && setTimeout(dial, 200)));
    };
    dial();

    await eventually(() => sink.frames.length >= 3);
  });

  it('ends its ffmpeg when it is stopped, a stopped one too', async () => {
    const { source, run } = play(generated);
    await eventually(() => sink.frames.length >= 2);
    const pid = onlyPid();
    process.kill(pid, 'SIGSTOP');

    await source.stop();
    await run;

    expect(ffmpegPids()).toEqual([]);
    await eventually(() => !isAlive(pid));
  });

  it('shows no credentials, whoever says them', async () => {
    const url = `http://admin:geh%65im@127.0.0.1:${await freePort()}/live?token=Abc123`;
    play({ Url: url });
    await eventually(() => events().includes('source.stream-lost'));

    const said = JSON.stringify(lines);
    expect(said).toContain('***@127.0.0.1');
    for (const secret of ['geh%65im', 'geheim', 'Abc123']) expect(said).not.toContain(secret);
  });
});

describe('StreamSource, at intervals', needed, () => {
  it('opens the stream for one frame each time', async () => {
    play({ ...generated, Mode: 'interval', InferenceInterval: '0.1' });
    await eventually(() => sink.frames.length >= 3);

    expect(sink.skipped).toEqual({});
  });

  it('counts a camera that gives nothing as unreachable, and work that is not done as busy', async () => {
    play({ Url: 'gone.mp4', Mode: 'interval', InferenceInterval: '0.1' });
    await eventually(() => (sink.skipped.unreachable ?? 0) >= 2);
    expect(events()).toEqual(['source.stream-lost']);

    sink.outstanding = 1;
    await eventually(() => (sink.skipped.busy ?? 0) >= 2);
  });
});
