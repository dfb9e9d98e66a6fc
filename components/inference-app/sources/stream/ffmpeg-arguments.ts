import type { SourceConfiguration } from '../../config.ts';
import type { DecoderFlags } from './decoding/decoder.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import { PIXEL_FORMATS } from './ffmpeg-report.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';
import type { FramePace } from './stream-player.ts';

export type FfmpegSettings = Pick<
  SourceConfiguration,
  'Loop' | 'RtspTransport' | 'FramesPerSecond' | 'MaxWidth' | 'InputOptions' | 'DecoderThreads'
>;

/** `raw`: frames as the decoder leaves them. `jpeg`: the pictures of a camera that sends JPEG, untouched. */
export type FrameForm = 'raw' | 'jpeg';

/** Command line that makes ffmpeg write frames, one after the other and with nothing between, to its standard output. */
export function ffmpegArguments(
  input: FfmpegInput,
  settings: FfmpegSettings,
  pace: FramePace,
  form: FrameForm,
  version: FfmpegVersion,
  decoder: DecoderFlags,
): readonly string[] {
  const { FramesPerSecond: fps, MaxWidth: width, InputOptions: inputOptions, DecoderThreads: threads } = settings;
  const passthrough = version.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
  const filters = [
    // What is over the camera's share costs its decoding alone: it is dropped before it is copied, converted or scaled.
    ...(fps > 0 ? [evenly(fps)] : []),
    ...decoder.filters,
    ...(width > 0 ? [`scale=w='min(${width},iw)':h=-2`] : []),
    `format=pix_fmts=${PIXEL_FORMATS.join('|')}`,
  ];
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+info'],
    ...(input.format === undefined ? [] : ['-f', input.format]),
    ...inputFlags(input, settings, pace),
    ...(form === 'raw' ? [...(threads > 0 ? ['-threads', String(threads)] : []), ...decoder.input] : []),
    ...inputOptions,
    ...['-i', input.url],
    ...['-map', '0:v:0', '-an', '-sn', '-dn'],
    ...(form === 'raw' ? ['-vf', filters.join(',')] : []),
    // Pictures are passed on as they come; filling gaps with copies would make work for the model.
    ...passthrough,
    ...(pace === 'one' ? ['-frames:v', '1'] : []),
    ...(form === 'raw' ? ['-c:v', 'rawvideo', '-f', 'rawvideo'] : ['-c:v', 'copy', '-f', 'image2pipe']),
    // A frame is written as it is, without a way through a small buffer.
    ...(form === 'raw' ? ['-avioflags', 'direct'] : []),
    ...['-flush_packets', '1', 'pipe:1'],
  ];
}

/**
 * The first frame of each of so many parts of a second. Unlike ffmpeg's `fps` it makes no copies, holds no frame back until the next
 * comes, and takes a step back in time as it is.
 */
function evenly(framesPerSecond: number): string {
  const part = (time: string): string => `floor(${time}*${framesPerSecond})`;
  return `select='isnan(prev_selected_t)+not(eq(${part('t')},${part('prev_selected_t')}))'`;
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
