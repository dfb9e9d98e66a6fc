import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { exists, replaceAtomically } from '#packages/foundation';
import { projectPaths } from '../../tools/bundle/project.ts';
import { SAMPLES } from '../../testing/device/samples.ts';

const run = promisify(execFile);
const SECONDS_PER_IMAGE = 2;
/** A camera that moves over each picture. */
const PAN =
  "scale=2304:1296:force_original_aspect_ratio=increase,crop=1920:1080:x='(in_w-1920)*t/2':y='(in_h-1080)*t/2'";

/** 1080p25 H.264 of the sample images of the belt, 18 × 2 seconds; made the first time that it is needed. */
export async function benchVideo(signal: AbortSignal): Promise<string> {
  const video = path.join(projectPaths.cache, 'bench-camera-1080p25.mp4');
  if (await exists(video)) return video;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-bench-video-'));
  try {
    const images = (await readdir(SAMPLES)).filter((name) => /^belt-\d+\.jpg$/.test(name)).sort();
    const parts: string[] = [];
    for (const image of images) {
      const part = path.join(folder, `${image}.mp4`);
      await ffmpeg(
        signal,
        '-loop',
        '1',
        '-i',
        path.join(SAMPLES, image),
        '-t',
        String(SECONDS_PER_IMAGE),
        '-r',
        '25',
        '-vf',
        PAN,
        '-c:v',
        'libx264',
        '-preset',
        'veryfast',
        '-b:v',
        '4M',
        '-pix_fmt',
        'yuv420p',
        part,
      );
      parts.push(part);
    }
    const list = path.join(folder, 'list.txt');
    await writeFile(list, parts.map((part) => `file '${part}'\n`).join(''));
    const whole = path.join(folder, 'whole.mp4');
    await ffmpeg(signal, '-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', whole);
    await mkdir(path.dirname(video), { recursive: true });
    await replaceAtomically(video, (to) => copyFile(whole, to), { fsync: 'none' });
    return video;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Frames of a video's first stream. */
export async function framesOf(video: string, signal: AbortSignal): Promise<number> {
  const { stdout } = await run(
    'ffprobe',
    [
      '-v',
      'error',
      '-count_packets',
      '-select_streams',
      'v:0',
      '-show_entries',
      'stream=nb_read_packets',
      '-of',
      'csv=p=0',
      video,
    ],
    { signal },
  );
  return Number.parseInt(stdout, 10);
}

async function ffmpeg(signal: AbortSignal, ...words: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...words], { signal });
}
