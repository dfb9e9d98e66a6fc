import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ffmpeg } from './ffmpeg.ts';
import { SAMPLES } from '../device/samples.ts';

export const FRAMES_PER_SECOND = 10;

/**
 * A video of the conveyor belt, from the sample images, one after the other, 10 frames per second.
 *
 * @returns its path below `folder`
 */
export async function beltVideo(folder: string, frames: number): Promise<string> {
  const names = (await readdir(SAMPLES)).filter((name) => /^belt-\d+\.jpg$/.test(name)).sort();
  const numbered = path.join(folder, 'belt-frames');
  await mkdir(numbered, { recursive: true });
  for (let n = 0; n < frames; n++) {
    await copyFile(
      path.join(SAMPLES, names[n % names.length]!),
      path.join(numbered, `${String(n).padStart(6, '0')}.jpg`),
    );
  }
  const video = path.join(folder, 'belt.avi');
  await ffmpeg(
    ...['-framerate', String(FRAMES_PER_SECOND), '-i', path.join(numbered, '%06d.jpg')],
    ...['-vf', 'scale=640:480', '-c:v', 'mjpeg', '-q:v', '3', video],
  );
  await rm(numbered, { recursive: true, force: true });
  return video;
}

/**
 * The same belt as a camera would send it: H.264, for `startRtspServer`, long enough for any test. It is encoded once, and repeated as it is.
 *
 * @returns its path below `folder`
 */
export async function beltRecording(folder: string): Promise<string> {
  const once = path.join(folder, 'belt-once.mp4');
  const recording = path.join(folder, 'belt.mp4');
  const encode = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '10', '-bf', '0', '-pix_fmt', 'yuv420p'];
  await ffmpeg('-i', await beltVideo(folder, 40), ...encode, once);
  await ffmpeg('-stream_loop', '300', '-i', once, '-c', 'copy', recording);
  return recording;
}
