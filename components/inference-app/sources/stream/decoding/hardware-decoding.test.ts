import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '#packages/foundation';
import { ffmpeg as run } from '../../../../../testing/app/ffmpeg.ts';
import { RecordingSink } from '../../../../../testing/app/recording-sink.ts';
import { sourceOptions } from '../../../../../testing/app/source-options.ts';
import { needs } from '../../../../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../../../../testing/outside-data/programs.ts';
import { Statistics } from '../../../statistics/statistics.ts';
import { FfmpegPlayer } from '../ffmpeg-player.ts';
import { StreamSource } from '../stream-source.ts';

const needed = await needs(ffmpeg);

let work: string;
let statistics: Statistics;
let sink: RecordingSink;
let said: { readonly level: string; readonly facts: Record<string, unknown> }[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-decoding-'));
  [statistics, sink, said] = [new Statistics(), new RecordingSink(), []];
});
afterEach(() => rm(work, { recursive: true, force: true }));

function recorder(): Logger {
  const noteAt = (level: string) => (facts: object, event: string) => {
    if (event === 'source.decoding') said.push({ level, facts: facts as Record<string, unknown> });
  };
  const [debug, info, warn, error] = [noteAt('debug'), noteAt('info'), noteAt('warn'), noteAt('error')];
  return { debug, info, warn, error, child: recorder };
}

async function play(settings: object): Promise<void> {
  const options = sourceOptions({ Mode: 'once', ...settings }, { workFolder: work, statistics, log: recorder() });
  await new StreamSource(options, new FfmpegPlayer(options)).run(sink);
}

/**
 * An ffmpeg with a device for vaapi and none for cuda, a decoder h264_v4l2m2m, and a video of 3 frames.
 * @param broken words of its command line with which it opens the video and fails, and what it says then
 */
async function scripted(broken: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(work, 'ffmpeg.sh');
  const failures = Object.entries(broken).map(
    ([words, why]) => `*"${words}"*) opened; echo '[error] ${why}' >&2; exit 1;;`,
  );
  await writeFile(
    path,
    `#!/bin/sh
echo "$*" >> ${work}/calls
opened() {
  printf '[info] Input #0, mpegts, from x:\\n[info]   Stream #0:0: Video: h264 (High), yuv420p(tv), 16x16\\n' >&2
}
case "$*" in
  *-version*) echo 'ffmpeg version 6.0-scripted';;
  *-hwaccels*) printf 'Hardware acceleration methods:\\ncuda\\nvaapi\\n';;
  *-decoders*) printf ' V..... h264_v4l2m2m         V4L2 mem2mem H.264 decoder wrapper (codec h264)\\n';;
  *"-init_hw_device cuda"*) echo '[AVHWDeviceContext @ 0x1] Cannot load libcuda.so.1' >&2; exit 1;;
  *-init_hw_device*) ;;
  ${failures.join('\n  ')}
  *)
    opened
    printf '[info] Output #0, rawvideo, to pipe:1:\\n[info]   Stream #0:0: Video: rawvideo (NV12), nv12(tv), 16x16\\n' >&2
    head -c 1152 /dev/zero;;
esac
`,
  );
  await chmod(path, 0o755);
  return path;
}

/** How the camera was opened, one line each. */
async function opened(): Promise<readonly string[]> {
  const calls = (await readFile(join(work, 'calls'), 'utf8')).trim().split('\n');
  return calls.filter((call) => call.includes('-i rtsp://'));
}

const camera = { Url: 'rtsp://camera/live' };
const decoding = () => statistics.source('cam').state.decoding;

describe.skipIf(process.platform === 'win32')('HardwareDecoding, with a scripted ffmpeg', () => {
  it('auto takes the first that has a device and decodes, and demands its frames', async () => {
    await play({ ...camera, FfmpegPath: await scripted(), HardwareDecoding: 'auto' });

    expect(sink.frames).toHaveLength(3);
    expect(decoding()).toEqual({ codec: 'h264', decoder: 'vaapi', why: '' });
    const [toLearn, inHardware, ...more] = await opened();
    expect(toLearn).not.toContain('-hwaccel');
    expect(inHardware).toMatch(/-hwaccel vaapi -hwaccel_output_format vaapi .*-vf hwdownload,format=pix_fmts=nv12,/);
    expect(more).toEqual([]);
    expect(said).toEqual([
      { level: 'info', facts: { source: 'cam', wanted: 'auto', codec: 'h264', decoder: 'vaapi', why: '' } },
    ]);
  });

  it('auto goes on to the next if one opens the video and does not decode it', async () => {
    const FfmpegPath = await scripted({ '-hwaccel vaapi': 'No support for codec h264 profile 100' });
    await play({ ...camera, FfmpegPath, HardwareDecoding: 'auto' });

    expect(sink.frames).toHaveLength(3);
    expect(decoding()).toEqual({ codec: 'h264', decoder: 'v4l2m2m', why: '' });
    expect((await opened()).at(-1)).toContain('-c:v h264_v4l2m2m ');
  });

  it('falls back to software with every reason', async () => {
    const FfmpegPath = await scripted({
      '-hwaccel vaapi': 'No support for codec h264 profile 100',
      '-c:v h264_v4l2m2m': 'Could not find a valid device',
    });
    await play({ ...camera, FfmpegPath, HardwareDecoding: 'auto' });

    expect(sink.frames).toHaveLength(3);
    expect(decoding()).toMatchObject({ decoder: 'software' });
    const { why } = decoding()!;
    expect(why).toContain('cuda: Cannot load libcuda.so.1');
    expect(why).toContain('vaapi: No support for codec h264 profile 100');
    expect(why).toContain('v4l2m2m: Could not find a valid device');
    expect(said.map(({ level }) => level)).toEqual(['info']);
  });

  it('warns if what was asked for by name does not decode', async () => {
    await play({ ...camera, FfmpegPath: await scripted(), HardwareDecoding: 'qsv' });

    expect(sink.frames).toHaveLength(3);
    expect(said).toMatchObject([
      { level: 'warn', facts: { wanted: 'qsv', decoder: 'software', why: 'this ffmpeg has no qsv for h264' } },
    ]);
  });

  it('does not blame the hardware for a camera that is away', async () => {
    const FfmpegPath = await scripted();
    const away = join(work, 'away.sh');
    await writeFile(
      away,
      `#!/bin/sh\ncase "$*" in *-i\\ rtsp*-hwaccel*|*-hwaccel*-i\\ rtsp*) echo '[error] Connection refused' >&2; exit 1;; esac\nexec ${FfmpegPath} "$@"\n`,
    );
    await chmod(away, 0o755);

    await expect(play({ ...camera, FfmpegPath: away, HardwareDecoding: 'vaapi' })).rejects.toMatchObject({
      code: 'source.stream-failed',
      message: expect.stringContaining('Connection refused') as string,
    });
    expect(said).toEqual([]);
  });

  it('none asks ffmpeg for nothing', async () => {
    await play({ ...camera, FfmpegPath: await scripted() });

    expect(await opened()).toHaveLength(1);
    expect(decoding()).toEqual({ codec: 'h264', decoder: 'software', why: '' });
  });
});

describe('HardwareDecoding, with the real ffmpeg', needed, () => {
  const video = async (): Promise<void> => {
    const made = ['-frames:v', '12', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-f', 'mpegts'];
    await run('-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=10', ...made, join(work, 'a.ts'));
  };

  it.each(['auto', 'vaapi', 'cuda', 'v4l2m2m'])(
    '%s gives every frame, whatever decodes, and says what does',
    async (name) => {
      await video();
      await play({ Url: 'a.ts', HardwareDecoding: name });

      expect(sink.frames).toHaveLength(12);
      const { codec, decoder, why } = decoding()!;
      expect(codec).toBe('h264');
      expect(decoder === 'software').toBe(why !== '');
      expect(said).toHaveLength(1);
    },
  );

  it('has nothing to decode in what ffmpeg makes up', async () => {
    await play({ Url: 'testsrc2=size=160x120:rate=10:duration=1', Format: 'lavfi', HardwareDecoding: 'auto' });

    expect(decoding()).toMatchObject({
      decoder: 'software',
      why: expect.stringMatching(/needs no decoding$/) as string,
    });
    expect(sink.frames).toHaveLength(10);
  });
});
