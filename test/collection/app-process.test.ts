import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { eventually } from '../../testing/app/app-rig.ts';
import { TEST_PICTURE } from '../../testing/app/ffmpeg.ts';
import { isAlive, pidsNamed } from '../../testing/process/process-facts.ts';
import { ScriptedAgent } from '../../testing/app/scripted-agent.ts';
import type { Invocation } from '../../testing/app/scripted-agent.ts';
import { testImage } from '../../testing/app/test-image.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { ffmpeg } from '../../testing/outside-data/programs.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';

let work: string;
let agent: ScriptedAgent;
let apps: Child[];

beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'edgeml-stream-app-'));
  agent = new ScriptedAgent(path.join(work, 'agent.sock'));
  await agent.start();
  apps = [];
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.end('SIGKILL')));
  await agent.stop();
  await rm(work, { recursive: true, force: true });
});

/** The bundled application, with a stream of the test picture, when it has asked about some frames; and its ffmpeg. */
async function startedApp(more: object = {}): Promise<{ readonly app: Child; readonly ffmpeg: number }> {
  const camera = { Type: 'stream', Url: TEST_PICTURE, Format: 'lavfi', Services: ['Detector'], ...more };
  const app = await startComponent('inference-app', {
    workFolder: work,
    configuration: { Sources: { camera }, Annotate: { Enabled: false }, TimeoutSeconds: PATIENCE_MS / 1_000 },
    environment: { EDGEML_AGENT_SOCKET: agent.socketPath },
  });
  apps.push(app);
  await eventually(() => agent.invocations.length >= 3);
  const [ffmpeg = -1] = pidsNamed('ffmpeg', app.pid);
  return { app, ffmpeg };
}

describe('edgeml.InferenceApp, killed while it works on a folder', () => {
  it('loses no image, and asks again about none but those that were under way', async () => {
    const inbox = path.join(work, 'inbox');
    await mkdir(inbox);
    const names = Array.from({ length: 40 }, (_, n) => `${n}.jpg`);
    // Cameras pad with zeros: each image has its own size.
    const image = await testImage();
    for (const [n, name] of names.entries())
      await writeFile(path.join(inbox, name), Buffer.concat([image, Buffer.alloc(n)]));
    const journal = async (): Promise<number> =>
      (await readFile(path.join(work, 'journal', 'inbox.journal'), 'utf8').catch(() => '')).split('.jpg').length - 1;
    const answered: string[] = [];
    const nameOf = ({ body }: Invocation): string => `${body.length - image.length}.jpg`;

    for (const until of [10, 20, 30, 40]) {
      agent.answer = async (invocation) => {
        if (answered.length >= until) await new Promise(() => undefined);
        answered.push(nameOf(invocation));
        return [];
      };
      const app = await startComponent('inference-app', {
        workFolder: work,
        configuration: {
          Sources: { inbox: { Path: inbox, Services: ['Detector'] } },
          Annotate: { Enabled: false },
          TimeoutSeconds: PATIENCE_MS / 1_000,
        },
        environment: { EDGEML_AGENT_SOCKET: agent.socketPath },
      });
      apps.push(app);
      await vi.waitUntil(async () => (await journal()) >= until, { timeout: PATIENCE_MS, interval: 20 });
      await app.end('SIGKILL');
    }

    expect([...answered].sort()).toEqual([...names].sort());
    // Two at once, which the three kills in between have cut off.
    expect(agent.invocations.length).toBeLessThanOrEqual(names.length + 3 * 2);
  });
});

describe('the ffmpeg of edgeml.InferenceApp', await needs(ffmpeg), () => {
  it('ends with the application on SIGTERM, which ends cleanly', async () => {
    const { app, ffmpeg } = await startedApp();

    expect(await app.end('SIGTERM')).toBe(0);
    await eventually(() => !isAlive(ffmpeg));
    expect(app.lines.some((line) => line.includes('"event":"app.statistics"'))).toBe(true);
  });

  it('ends though it is stopped (SIGSTOP) when the application gets SIGTERM', async () => {
    const { app, ffmpeg } = await startedApp();
    process.kill(ffmpeg, 'SIGSTOP');

    expect(await app.end('SIGTERM')).toBe(0);
    await eventually(() => !isAlive(ffmpeg));
  });

  it.each([
    ['runs', undefined],
    ['is stopped (SIGSTOP)', 'SIGSTOP'],
  ] as const)('does not outlive an application that is killed, while it %s', async (_, signal) => {
    const { app, ffmpeg } = await startedApp();
    if (signal) process.kill(ffmpeg, signal);

    await app.end('SIGKILL');

    await eventually(() => !isAlive(ffmpeg));
  });

  it('counts every frame of a file that the agent is too slow for: looked at, or skipped for a fresher one', async () => {
    // From the fourth frame on the agent answers nothing until the last one has been played.
    let endOfFile = (): void => undefined;
    const isPlayed = new Promise<void>((resolve) => (endOfFile = resolve));
    let asked = 0;
    agent.answer = async () => {
      if (++asked > 3) await isPlayed;
      return [];
    };
    // 30 frames at 10 per second, two at once; then the file has ended, and with it the application.
    const { app, ffmpeg } = await startedApp({ Url: `${TEST_PICTURE}:duration=3` });
    await eventually(() => !isAlive(ffmpeg));
    endOfFile();

    expect(await app.exit).toBe(0);
    const line = app.lines.findLast((one) => one.includes('"event":"app.statistics"')) ?? '{}';
    const { frames, answered, skipped } = JSON.parse(line) as {
      frames: number;
      answered: number;
      skipped: Record<string, number>;
    };
    expect(frames).toBe(30);
    expect(Object.keys(skipped)).toEqual(['stale']);
    expect(answered + (skipped['stale'] ?? 0)).toBe(30);
    expect(agent.invocations).toHaveLength(answered);
  });
});
