import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { tightStrides } from '#packages/frames';
import type { FrameFormat, RawFrame } from '#packages/frames';
import { ffmpeg } from '../app/ffmpeg.ts';
import { sample } from '../device/samples.ts';

/** A frame of a video that ffmpeg has encoded from a sample image and decoded again, as it comes out of a camera's stream. */
export async function decodedFrame(
  image: string,
  { width, height, format }: { width: number; height: number; format: FrameFormat },
  colors: Pick<RawFrame, 'matrix' | 'range'> = { matrix: 'bt601', range: 'limited' },
): Promise<RawFrame> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-video-'));
  try {
    const video = path.join(folder, 'video.avi');
    const raw = path.join(folder, 'frame.raw');
    const matrix = { bt601: 'bt601', bt709: 'bt709', bt2020: 'bt2020' }[colors.matrix];
    const range = { limited: 'tv', full: 'pc' }[colors.range];
    const scale = `scale=${width}:${height}:out_color_matrix=${matrix}:out_range=${range}:flags=area+accurate_rnd`;
    await ffmpeg('-i', sample(image), '-vf', `${scale},format=yuv420p`, '-c:v', 'mpeg4', '-q:v', '3', video);
    await ffmpeg('-i', video, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', format, raw);
    return { width, height, format, strides: tightStrides(format, width), ...colors, data: await readFile(raw) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
