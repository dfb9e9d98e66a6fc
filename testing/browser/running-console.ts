import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { PROJECT } from '../../tools/bundle/project.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';
import { beltRecording } from '../app/looping-video.ts';
import { startRtspServer } from '../app/rtsp-server.ts';
import type { RtspServer } from '../app/rtsp-server.ts';
import { PATIENCE_MS } from '../patience.ts';
import { Child } from '../process/child.ts';

export interface RunningConsole {
  /** Of the page, with the token. */
  readonly address: string;
  readonly root: string;
  /** For files of the test. */
  readonly folder: string;
  /** Plays the belt, as the source `belt`, to those who have the login. */
  readonly camera: RtspServer;
  stop(): Promise<void>;
}

/** Of the camera. */
export const LOGIN = { username: 'viewer', password: 'belt camera 7' };

/** The collection as `npm start` runs it, with a camera that speaks RTSP and asks for a login. */
export async function startRunningConsole(): Promise<RunningConsole> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-page-'));
  const root = path.join(folder, 'core');
  const words = [path.join(PROJECT, 'tools/edgeml.mjs'), 'start', '--root', root];
  const run = new Child(process.execPath, words, { environment: process.env });
  const [video] = await Promise.all([beltRecording(folder), isUp(run)]);
  const address = /Console +(http:\/\/127\.0\.0\.1:\d+\/#token=\S+)/.exec(run.err)?.[1] ?? '';
  const camera = await startRtspServer(video, LOGIN, 'digest');
  await addSource(root, folder, camera);
  return {
    address,
    root,
    folder,
    camera,
    stop: async () => {
      run.kill('SIGTERM');
      await Promise.all([camera.stop(), run.exit.catch(() => undefined)]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @throws what the start said, if it ended */
async function isUp(run: Child): Promise<void> {
  const giveUp = AbortSignal.timeout(PATIENCE_MS);
  while (!run.err.includes('Ctrl-C stops everything')) {
    if (run.isOver) throw new Error(run.err);
    await wait(100, undefined, { signal: giveUp });
  }
}

async function addSource(root: string, folder: string, camera: RtspServer): Promise<void> {
  const login = path.join(folder, 'login.json');
  await writeFile(login, JSON.stringify(LOGIN), { mode: 0o600 });
  const belt = {
    Type: 'stream',
    Url: camera.url,
    Credentials: { File: login },
    FramesPerSecond: 5,
    MaxWidth: 640,
    Services: ['PartsDetector'],
    // Decoded, so that the models read it from shared memory and the picture is made for the viewer.
    MotionGate: { Enabled: true },
  };
  const config = JSON.stringify({ 'edgeml.InferenceApp': { MERGE: { Sources: { belt } } } });
  const io = new MemoryIo();
  const words = ['local', 'deploy', '--root', root, '--config', config, 'edgeml.InferenceApp=1.0.0'];
  if ((await runProgram(words, io, new AbortController().signal)) !== 0) throw new Error(io.err);
}
