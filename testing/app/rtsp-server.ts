import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Login } from '../../components/inference-app/sources/login/login.ts';

export interface RtspServer {
  /** Without a login. */
  readonly url: string;
  readonly pid: number;
  /** Idempotent. */
  stop(): Promise<void>;
}

const PROGRAM = path.join(import.meta.dirname, 'rtsp-server.py');

/** A camera that asks for a login, and plays a video in H.264 to everybody who has it. */
export async function startRtspServer(
  video: string,
  { username, password }: Login,
  method: 'basic' | 'digest',
): Promise<RtspServer> {
  const words = [PROGRAM, video, username, password, method];
  const child = spawn('/usr/bin/python3', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the RTSP server ended with ${code}`))),
  ])) as [Buffer];
  return {
    url: `rtsp://127.0.0.1:${Number(line.toString())}/live`,
    pid: child.pid!,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}
