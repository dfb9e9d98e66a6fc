import type { SourceConfiguration } from '../../config.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import { PIXEL_FORMATS } from './ffmpeg-report.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';

export type FfmpegSettings = Pick<
  SourceConfiguration,
  'Loop' | 'RtspTransport' | 'FramesPerSecond' | 'MaxWidth' | 'InputOptions'
>;

/**
 * `every`: each frame as fast as it can be had. `paced`: at the speed at which they were filmed. `one`: a single frame.
 */
export type FramePace = 'every' | 'paced' | 'one';

/** `raw`: frames as the decoder leaves them. `jpeg`: the pictures of a camera that sends JPEG, untouched. */
export type FrameForm = 'raw' | 'jpeg';

/** Command line that makes ffmpeg write frames, one after the other and with nothing between, to its standard output. */
export function ffmpegArguments(
  input: FfmpegInput,
  settings: FfmpegSettings,
  pace: FramePace,
  form: FrameForm,
  version: FfmpegVersion,
): readonly string[] {
  const { FramesPerSecond: fps, MaxWidth: width, InputOptions: inputOptions } = settings;
  const passthrough = version.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
  const filters = [
    ...(fps > 0 ? [`fps=${fps}`] : []),
    ...(width > 0 ? [`scale=w='min(${width},iw)':h=-2`] : []),
    `format=pix_fmts=${PIXEL_FORMATS.join('|')}`,
  ];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'],
    ...(input.format === undefined ? [] : ['-f', input.format]),
    ...inputFlags(input, settings, pace),
    ...inputOptions,
    ...['-i', input.url],
    ...['-map', '0:v:0', '-an', '-sn', '-dn'],
    ...(form === 'raw' ? ['-vf', filters.join(',')] : []),
    // Pictures are passed on as they come; filling gaps with copies would make work for the model.
    ...(fps > 0 && form === 'raw' ? [] : passthrough),
    ...(pace === 'one' ? ['-frames:v', '1'] : []),
    ...(form === 'raw' ? ['-c:v', 'rawvideo', '-f', 'rawvideo'] : ['-c:v', 'copy', '-f', 'image2pipe']),
    ...['-flush_packets', '1', 'pipe:1'],
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
