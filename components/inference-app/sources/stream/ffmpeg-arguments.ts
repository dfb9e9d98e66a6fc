import type { SourceConfiguration } from '../../config.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';

export type FfmpegSettings = Pick<
  SourceConfiguration,
  'Loop' | 'RtspTransport' | 'FramesPerSecond' | 'MaxWidth' | 'JpegQuality' | 'InputOptions'
>;

/**
 * `every`: each frame as fast as it can be had. `paced`: at the speed at which they were filmed. `one`: a single frame.
 */
export type FramePace = 'every' | 'paced' | 'one';

/** Command line that makes ffmpeg write JPEG pictures, one after the other, to its standard output. */
export function ffmpegArguments(
  input: FfmpegInput,
  settings: FfmpegSettings,
  pace: FramePace,
  version: FfmpegVersion,
): readonly string[] {
  const { FramesPerSecond: fps, MaxWidth: width, JpegQuality: quality, InputOptions: inputOptions } = settings;
  const filters = [...(fps > 0 ? [`fps=${fps}`] : []), ...(width > 0 ? [`scale=w='min(${width},iw)':h=-2`] : [])];
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning'],
    ...(input.format === undefined ? [] : ['-f', input.format]),
    ...inputFlags(input, settings, pace),
    ...inputOptions,
    ...['-i', input.url],
    ...['-map', '0:v:0', '-an', '-sn', '-dn'],
    ...(filters.length > 0 ? ['-vf', filters.join(',')] : []),
    // Pictures are passed on as they come; filling gaps with copies would make work for the model.
    ...(fps > 0 ? [] : version.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough']),
    ...(pace === 'one' ? ['-frames:v', '1'] : []),
    ...['-c:v', 'mjpeg', '-q:v', String(quality), '-pix_fmt', 'yuvj420p'],
    ...['-f', 'image2pipe', '-flush_packets', '1', 'pipe:1'],
  ];
}

function inputFlags(
  { kind, url }: FfmpegInput,
  { Loop: loops, RtspTransport: transport }: FfmpegSettings,
  pace: FramePace,
): readonly string[] {
  switch (kind) {
    case 'network':
      return ['-fflags', 'nobuffer', ...(/^rtsps?:/i.test(url) ? ['-rtsp_transport', transport] : [])];
    case 'device':
      return ['-fflags', 'nobuffer'];
    case 'generated':
      return pace === 'paced' ? ['-re'] : [];
    case 'file':
      return [...(loops ? ['-stream_loop', '-1'] : []), ...(pace === 'paced' ? ['-re'] : [])];
  }
}
