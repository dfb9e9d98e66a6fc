import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A moving test picture, 160×120, 10 frames per second, as input of ffmpeg. */
export const TEST_PICTURE = 'testsrc2=size=160x120:rate=10';

/** Runs ffmpeg to its end; throws with what it said where it fails. */
export async function ffmpeg(...words: readonly string[]): Promise<void> {
  const child = spawn('ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ${words.join(' ')} ended with ${code}: ${said}`);
}

/** A video of so many frames, one JPEG picture each. */
export async function testVideo(file: string, frames: number): Promise<void> {
  await ffmpeg('-f', 'lavfi', '-i', TEST_PICTURE, '-frames:v', String(frames), '-c:v', 'mjpeg', '-q:v', '5', file);
}

/** ffmpeg as the camera: sends the test picture in real time forever. End it with `kill`. */
export function startCamera(...output: readonly string[]): ChildProcess {
  const words = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', TEST_PICTURE];
  return spawn('ffmpeg', [...words, ...output], { stdio: 'ignore' });
}
