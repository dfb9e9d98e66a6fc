import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseConfiguration, systemClock } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { RecordingSink } from '../../../../testing/app/recording-sink.ts';
import { sourceOptions } from '../../../../testing/app/source-options.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg, gigeCamera, gstreamer } from '../../../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../../../testing/patience.ts';
import { isAlive } from '../../../../testing/process/process-facts.ts';
import { appConfiguration } from '../../config.ts';
import { FrameSlots, OwnMemory } from '../../frame/frame-slots.ts';
import { Statistics } from '../../statistics/statistics.ts';
import { PipelinePlayer } from './pipeline-player.ts';
import { StreamSource } from './stream-source.ts';

const withFfmpeg = await needs(ffmpeg);
const withGstreamer = await needs(gstreamer);
const withGige = await needs(gstreamer, gigeCamera);

let work: string;
let statistics: Statistics;
let sink: RecordingSink;
let lines: { readonly event: string; readonly facts: Record<string, unknown> }[];
let sources: { readonly source: StreamSource; readonly run: Promise<void> }[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-pipeline-'));
  [statistics, sink, lines, sources] = [new Statistics(), new RecordingSink(), [], []];
});
afterEach(async () => {
  await Promise.all(sources.map(({ source }) => source.stop()));
  await Promise.all(sources.map(({ run }) => run.catch(() => undefined)));
  await rm(work, { recursive: true, force: true });
});

function recorder(): Logger {
  const note = (facts: object, event: string): void => void lines.push({ event, facts: facts as never });
  return { debug: note, info: note, warn: note, error: note, child: recorder };
}

const FRAME_BYTES = (160 * 120 * 3) / 2;

function play(command: readonly string[], settings: object = {}, clock: Clock = systemClock): StreamSource {
  const pipeline = { Command: command, Width: 160, Height: 120 };
  const options = sourceOptions(
    { Type: 'pipeline', Pipeline: pipeline, ...settings },
    {
      workFolder: work,
      openSlots: async (_source, layout) => new FrameSlots(layout, new OwnMemory(layout, 6)),
      clock,
      statistics,
      log: recorder(),
    },
  );
  const source = new StreamSource(options, new PipelinePlayer(options));
  const run = source.run(sink);
  run.catch(() => undefined);
  sources.push({ source, run });
  return source;
}

const ended = (): Promise<void> => sources[0]!.run;
const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });

/** A command, of shell lines. */
async function script(...body: readonly string[]): Promise<string> {
  const path = join(work, 'pipeline.sh');
  await writeFile(path, ['#!/bin/sh', ...body, ''].join('\n'));
  await chmod(path, 0o755);
  return path;
}

describe.skipIf(process.platform === 'win32')('pipeline source', () => {
  it('gives each frame that its command writes, in order, with the declared layout', async () => {
    const bytes = Buffer.alloc(3 * FRAME_BYTES);
    [1, 2, 3].forEach((value, at) => bytes.fill(value, at * FRAME_BYTES, (at + 1) * FRAME_BYTES));
    await writeFile(join(work, 'frames'), bytes);
    const seen: number[] = [];
    const offer = sink.offer.bind(sink);
    sink.offer = (frame) => {
      const { data, ...layout } = frame.held!.frame;
      expect(layout).toEqual({
        width: 160,
        height: 120,
        format: 'yuv420p',
        strides: [160, 80, 80],
        matrix: 'bt601',
        range: 'limited',
      });
      expect(new Set(data).size).toBe(1);
      seen.push(data[0]!);
      offer(frame);
    };

    play(['cat', join(work, 'frames')], { Mode: 'once' });
    await ended();

    expect(seen).toEqual([1, 2, 3]);
    expect(sink.images[0]).toBe('cam-00000001.jpg');
    expect(statistics.source('cam').state).toMatchObject({ frames: 3, isUp: false });
  });

  it('fails in mode once with what the command said, its credentials hidden, and counts what was cut', async () => {
    const path = await script(`head -c ${FRAME_BYTES + 10} /dev/zero`, `echo "no camera at $1" >&2`, 'exit 3');
    play([path, 'rtsp://me:secret@camera/live'], { Mode: 'once' });

    await expect(ended()).rejects.toMatchObject({
      code: 'source.stream-failed',
      message: expect.stringMatching(
        /ended with .*pipeline\.sh's exit code 3; .*said: no camera at rtsp:\/\/\*\*\*@camera\/live$/,
      ) as string,
    });
    await expect(ended()).rejects.not.toThrow('secret');
    expect(sink.frames).toHaveLength(1);
    expect(sink.skipped).toEqual({ cut: 1 });
  });

  it('says which program is missing, once, and goes on trying', async () => {
    play(['pipeline-that-is-not-there']);
    await eventually(() => statistics.counts.streamRestarts >= 2);

    expect(lines.map(({ event }) => event)).toEqual(['source.stream-lost']);
    expect(lines[0]?.facts['error']).toMatchObject({
      code: 'source.pipeline-missing',
      message: expect.stringContaining('there is no command pipeline-that-is-not-there') as string,
    });
  });

  it('is started again when it ends, also when it ends well', async () => {
    play([await script(`head -c ${2 * FRAME_BYTES} /dev/zero`)]);
    await eventually(() => sink.frames.length >= 6);

    expect(statistics.source('cam').state.restarts).toBeGreaterThanOrEqual(2);
  });

  it('that writes nothing is ended by the watchdog, with all that it has started, and started again', async () => {
    const clock = new FakeClock();
    const path = await script(
      `sleep 1000 & echo $! > ${work}/other`,
      `echo $$ > ${work}/own`,
      'trap "" TERM',
      'while :; do sleep 1000; done',
    );
    play([path], { NoFrameSeconds: 4 }, clock);
    const pidIn = async (name: string): Promise<number> =>
      vi.waitFor(
        async () => {
          const pid = Number(await readFile(join(work, name), 'utf8'));
          expect(pid).toBeGreaterThan(0);
          return pid;
        },
        { timeout: PATIENCE_MS },
      );
    const pids = [await pidIn('other'), await pidIn('own')];

    await clock.advance(4_000);
    await eventually(() => lines.some(({ event }) => event === 'source.stream-lost'));

    expect(lines[0]?.facts['error']).toMatchObject({ code: 'source.no-frame' });
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });

  it('takes one frame per interval and ends the command', async () => {
    play(['sh', '-c', `echo $$ >> ${work}/pids; while :; do head -c ${FRAME_BYTES} /dev/zero; done`], {
      Mode: 'interval',
      InferenceInterval: 0.2,
    });
    await eventually(() => sink.frames.length >= 2);

    expect(sink.skipped).toEqual({});
    const pids = (await readFile(join(work, 'pids'), 'utf8')).trim().split('\n').map(Number);
    expect(pids.length).toBeGreaterThanOrEqual(2);
    expect(isAlive(pids[0]!)).toBe(false);
  });

  it('looks at no more frames than its share, and drops the others uncopied', async () => {
    const clock = new FakeClock();
    play(['sh', '-c', `head -c ${10 * FRAME_BYTES} /dev/zero; exec sleep 1000`], { FramesPerSecond: 5 }, clock);
    await eventually(() => statistics.source('cam').state.frames === 10);

    // All ten come at the same moment of this clock; one may come early.
    expect(sink.frames).toHaveLength(2);
    expect(sink.skipped).toEqual({});
  });

  it.each([
    [{ Command: [] }, '/Pipeline/Command'],
    [{ Width: 0 }, '/Pipeline/Width'],
    [{ Height: 0 }, '/Pipeline/Height'],
    [{ PixelFormat: 'p010le' }, '/Pipeline/PixelFormat'],
  ])('is refused with the name of what is wrong: %j', (part, pointer) => {
    const Pipeline = { Command: ['cat'], Width: 16, Height: 16, ...part };
    const raw = { Sources: { cam: { Type: 'pipeline', Pipeline } } };
    expect(() => parseConfiguration(appConfiguration, raw, { component: 'edgeml.InferenceApp' })).toThrow(pointer);
  });
});

describe('pipeline source with ffmpeg as its command', withFfmpeg, () => {
  it('gives its frames', async () => {
    const words = ['-loglevel', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10', '-frames:v', '7'];
    play(['ffmpeg', ...words, '-pix_fmt', 'yuv420p', '-f', 'rawvideo', 'pipe:1'], { Mode: 'once' });
    await ended();

    expect(sink.frames).toHaveLength(7);
    expect(sink.skipped).toEqual({});
  });
});

describe('pipeline source with GStreamer as its command', withGstreamer, () => {
  it('gives its frames, and their pictures', async () => {
    const caps = 'video/x-raw,format=I420,width=160,height=120,framerate=10/1';
    const words = ['-q', 'videotestsrc', 'num-buffers=7', 'pattern=red', '!', caps, '!', 'fdsink', 'fd=1'];
    let middle: Buffer | undefined;
    sink.offer = (frame) => {
      sink.frames.push(frame);
      middle ??= Buffer.from(frame.held!.frame.data.subarray(0, FRAME_BYTES));
    };
    play(['gst-launch-1.0', ...words], { Mode: 'once' });
    await ended();

    expect(sink.frames).toHaveLength(7);
    // Red in BT.601, limited range: Y 81, U 90, V 240.
    const [y, u, v] = [
      middle![160 * 60 + 80]!,
      middle![160 * 120 + 80 * 30 + 40]!,
      middle![160 * 120 + 80 * 60 + 80 * 30 + 40]!,
    ];
    expect([y, u, v].map((value, at) => Math.abs(value - [81, 90, 240][at]!) <= 2)).toEqual([true, true, true]);
  });
});

describe('pipeline source with a GigE Vision camera', withGige, () => {
  let camera: ChildProcess;
  beforeEach(async () => {
    camera = spawn('arv-fake-gv-camera-0.8', ['-i', '127.0.0.1', '-s', 'Test'], { stdio: 'ignore' });
    await once(camera, 'spawn');
  });
  afterEach(() => void camera.kill('SIGKILL'));

  it('waits for the camera and gives its frames', async () => {
    const caps = 'video/x-raw,format=GRAY8,width=512,height=512,framerate=25/1';
    const words = ['-q', 'aravissrc', 'camera-name=127.0.0.1', '!', caps, '!', 'fdsink', 'fd=1'];
    const Command = ['gst-launch-1.0', ...words];
    play(Command, {
      Pipeline: { Command, Width: 512, Height: 512, PixelFormat: 'gray' },
    });
    await eventually(() => sink.frames.length >= 5);

    expect(sink.frames[0]!.held!.frame).toMatchObject({ width: 512, height: 512, format: 'gray', strides: [512] });
    // A pattern that moves over the picture.
    expect(new Set(sink.frames[0]!.held!.frame.data).size).toBeGreaterThan(16);
  });
});
