import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '#packages/foundation';
import { ffmpeg as runFfmpeg } from '../../../../testing/app/ffmpeg.ts';
import { RecordingSink } from '../../../../testing/app/recording-sink.ts';
import { startRtspServer } from '../../../../testing/app/rtsp-server.ts';
import type { RtspServer } from '../../../../testing/app/rtsp-server.ts';
import { sourceOptions } from '../../../../testing/app/source-options.ts';
import { needs } from '../../../../testing/outside-data/needs.ts';
import { ffmpeg, rtspServer } from '../../../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../../../testing/patience.ts';
import { processTable } from '../../../../tools/local-core/lifecycle/process-table.ts';
import { FfmpegPlayer } from './ffmpeg-player.ts';
import { StreamSource } from './stream-source.ts';

/** With every character that a URL, a shell or a list of ffmpeg could trip over. */
const LOGIN = { username: 'view:er@1', password: `p@ss/w:rd'"$x%` };
const FORMS = [
  LOGIN.password,
  encodeURIComponent(LOGIN.password),
  encodeURIComponent(LOGIN.password).replaceAll("'", '%27'),
];

const needed = await needs(ffmpeg, rtspServer);

describe('a camera with a login', needed, () => {
  let videos: string;
  let work: string;
  let camera: RtspServer;
  let sink: RecordingSink;
  let said: string[];
  let secrets: Record<string, string>;
  const running: { readonly source: StreamSource; readonly run: Promise<void> }[] = [];

  beforeAll(async () => {
    videos = await mkdtemp(join(tmpdir(), 'edgeml-login-'));
    const video = ['-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25', '-t', '60', '-pix_fmt', 'yuv420p'];
    await runFfmpeg(...video, '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '5', join(videos, 'line.mp4'));
  });
  afterAll(() => rm(videos, { recursive: true }));

  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'edgeml-login-'));
    [sink, said, secrets] = [new RecordingSink(), [], {}];
  });
  afterEach(async () => {
    for (const { source, run } of running.splice(0)) {
      await source.stop();
      await run.catch(() => undefined);
    }
    await camera.stop();
    await rm(work, { recursive: true });
  });

  function recorder(): Logger {
    const note = (facts: object, event: string): void => {
      const errors = Object.values(facts).map((fact) => (fact instanceof Error ? `${fact.message} ${fact.stack}` : ''));
      said.push(`${event} ${JSON.stringify(facts)} ${errors.join(' ')}`);
    };
    return { debug: note, info: note, warn: note, error: note, child: recorder };
  }

  function play(settings: object): Promise<void> {
    const options = sourceOptions(
      { Url: camera.url, ...settings },
      {
        workFolder: work,
        readSecret: async (id) => secrets[id] ?? Promise.reject(new Error(`there is no secret ${id}`)),
        log: recorder(),
      },
    );
    const source = new StreamSource(options, new FfmpegPlayer(options));
    const run = source.run(sink);
    run.catch(() => undefined);
    running.push({ source, run });
    return run;
  }

  /** Arguments and environment of everything that runs here, but for the camera and for this process. */
  const whatProcessesShow = (): string =>
    processTable()
      .filter(({ pid }) => pid !== camera.pid && pid !== process.pid)
      .flatMap(({ pid }) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`])
      .map((file) => {
        try {
          return readFileSync(file, 'latin1');
        } catch {
          return ''; // it ended meanwhile
        }
      })
      .join('\n');

  const expectNoSecretIn = (text: string): void => {
    for (const form of FORMS) expect(text).not.toContain(form);
  };

  const eventually = (condition: () => boolean): Promise<unknown> =>
    vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });

  it.each(['basic', 'digest'] as const)('plays with %s, and shows its password to nobody', async (method) => {
    camera = await startRtspServer(join(videos, 'line.mp4'), { ...LOGIN, username: 'viewer' }, method);
    await writeFile(join(work, 'login.json'), JSON.stringify({ username: 'viewer', password: LOGIN.password }));
    await chmod(join(work, 'login.json'), 0o600);
    void play({ Credentials: { File: 'login.json' } });

    await eventually(() => sink.frames.length >= 3);

    const shown = whatProcessesShow();
    expect(shown).toContain('pipe:0');
    expectNoSecretIn(shown);
    expectNoSecretIn(said.join('\n'));
  });

  it('keeps user and password of a Url out of the process list, too', async () => {
    camera = await startRtspServer(join(videos, 'line.mp4'), { username: 'viewer', password: 'oneword77' }, 'digest');
    void play({ Url: camera.url.replace('://', '://viewer:oneword77@') });

    await eventually(() => sink.frames.length >= 3);

    expect(whatProcessesShow()).not.toContain('oneword77');
    expect(said.join('\n')).not.toContain('oneword77');
  });

  it('reads a secret of the device again when the camera is opened again, so that a changed password needs no restart', async () => {
    camera = await startRtspServer(join(videos, 'line.mp4'), { username: 'viewer', password: 'new' }, 'digest');
    secrets['edgeml/cam'] = JSON.stringify({ username: 'viewer', password: 'old-and-wrong' });
    void play({ Credentials: { Secret: 'edgeml/cam' } });
    await eventually(() => said.some((line) => line.startsWith('source.stream-lost')));

    secrets['edgeml/cam'] = 'viewer:new';
    await eventually(() => sink.frames.length > 0);

    expect(said.join('\n')).toContain('401');
    expect(said.join('\n')).not.toContain('old-and-wrong');
  });

  it('says which login is missing, and never what was read', async () => {
    camera = await startRtspServer(join(videos, 'line.mp4'), LOGIN, 'digest');
    await writeFile(join(work, 'broken.json'), `{"password": "hunter2hunter2"`);

    await expect(play({ Mode: 'once', Credentials: { File: 'broken.json' } })).rejects.toMatchObject({
      code: 'source.no-credentials',
      message: expect.stringContaining('the file broken.json is neither') as string,
    });
    await expect(play({ Mode: 'once', Credentials: { File: 'gone.json' } })).rejects.toThrow(/ENOENT/);
    await expect(play({ Mode: 'once', Credentials: { Secret: 'edgeml/none' } })).rejects.toThrow(
      /no secret edgeml\/none/,
    );
    expect(await readFile(join(work, 'broken.json'), 'utf8')).toContain('hunter2');
    expect(said.join('\n')).not.toContain('hunter2');
  });
});
