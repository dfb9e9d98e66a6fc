import type { SourceConfiguration } from '../../config.ts';
import type { DecoderFlags } from './decoding/decoder.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import { EXTRA_OUTPUT } from './guarded-process.ts';
import { PIXEL_FORMATS } from './ffmpeg-report.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';
import { hiddenUrl } from './hidden-url.ts';
import { splitInputOptions } from './input-options.ts';
import type { OptionPair } from './input-options.ts';
import type { FramePace } from './stream-player.ts';

export type FfmpegSettings = Pick<
  SourceConfiguration,
  'Loop' | 'RtspTransport' | 'FramesPerSecond' | 'MaxWidth' | 'InputOptions' | 'DecoderThreads'
>;

/** `raw`: frames as the decoder leaves them. `jpeg`: the pictures of a camera that sends JPEG, untouched. */
export type FrameForm = 'raw' | 'jpeg';

export interface FfmpegCommand {
  readonly words: readonly string[];
  /** Standard input of ffmpeg; undefined: nothing. */
  readonly input: string | undefined;
}

/**
 * The command line with which ffmpeg writes frames, one after the other and with nothing between, to its standard output.
 * @param withPackets whether it writes the camera's own packets to `EXTRA_OUTPUT`, in fragmented MP4
 */
export function ffmpegArguments(
  input: FfmpegInput,
  settings: FfmpegSettings,
  pace: FramePace,
  form: FrameForm,
  version: FfmpegVersion,
  decoder: DecoderFlags,
  withPackets: boolean,
): FfmpegCommand {
  const { FramesPerSecond: fps, MaxWidth: width, DecoderThreads: threads } = settings;
  const passthrough = version.hasFpsMode ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
  const filters = [
    // A frame over the camera's share only costs its decoding: it is dropped before it is copied, converted or scaled.
    ...(fps > 0 ? [evenly(fps)] : []),
    ...decoder.filters,
    ...(width > 0 ? [`scale=w='min(${width},iw)':h=-2`] : []),
    `format=pix_fmts=${PIXEL_FORMATS.join('|')}`,
  ];
  const decoding = form === 'raw' ? [...(threads > 0 ? ['-threads', String(threads)] : []), ...decoder.input] : [];
  const read = inputWords(input, settings, pace, decoding, version);
  const words = [
    // `verbose` is where ffmpeg says that the pictures have another size from now on.
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', form === 'raw' ? 'level+verbose' : 'level+info'],
    ...read.words,
    ...['-map', '0:v:0', '-an', '-sn', '-dn'],
    ...(form === 'raw' ? ['-vf', filters.join(',')] : []),
    // Pictures are passed on as they come; filling gaps with copies would make work for the model.
    ...passthrough,
    ...(pace === 'one' ? ['-frames:v', '1'] : []),
    ...(form === 'raw' ? ['-c:v', 'rawvideo', '-f', 'rawvideo'] : ['-c:v', 'copy', '-f', 'image2pipe']),
    // A frame is written as it is, without a way through a small buffer.
    ...(form === 'raw' ? ['-avioflags', 'direct'] : []),
    ...['-flush_packets', '1', 'pipe:1'],
    ...(withPackets ? PACKETS : []),
  ];
  return { words, input: read.input };
}

/** Each fragment begins with a key frame, and can be decoded by itself behind the head of the stream. */
const PACKETS = [
  ...['-map', '0:v:0', '-an', '-sn', '-dn', '-c:v', 'copy', '-f', 'mp4'],
  ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-flush_packets', '1', `pipe:${EXTRA_OUTPUT}`],
];

/**
 * The first frame of each of so many parts of a second. Unlike ffmpeg's `fps` it makes no copies, holds no frame back until the next
 * comes, and takes a step back in time as it is.
 */
function evenly(framesPerSecond: number): string {
  const part = (time: string): string => `floor(${time}*${framesPerSecond})`;
  return `select='isnan(prev_selected_t)+not(eq(${part('t')},${part('prev_selected_t')}))'`;
}

function inputWords(
  input: FfmpegInput,
  settings: FfmpegSettings,
  pace: FramePace,
  decoding: readonly string[],
  version: FfmpegVersion,
): FfmpegCommand {
  const { kind, url, format, isSecret } = input;
  const own = kind === 'network' ? networkOptions(url, settings.RtspTransport) : [];
  const protocols =
    kind === 'network' ? ['-protocol_whitelist', protocolsFor(url, settings.RtspTransport, isSecret)] : [];
  const outer = [...protocols, ...inputFlags(input, settings, pace), ...decoding];
  if (!isSecret) {
    const words = [...(format === undefined ? [] : ['-f', format]), ...flat(own), ...outer];
    return { words: [...words, ...settings.InputOptions, '-i', url], input: undefined };
  }
  const { inner, outer: others } = splitInputOptions(settings.InputOptions);
  const hidden = hiddenUrl(url, format, [...own, ...inner], version);
  return { words: [...outer, ...others, ...hidden.words], input: hidden.input };
}

function networkOptions(url: string, transport: string): readonly OptionPair[] {
  return [['fflags', 'nobuffer'], ...(/^rtsps?:/i.test(url) ? ([['rtsp_transport', transport]] as const) : [])];
}

/** Protocols that a camera, or a playlist from it, may make ffmpeg open: none that reaches a file of this device. */
function protocolsFor(url: string, transport: string, isSecret: boolean): string {
  const scheme = (/^[a-z][a-z0-9+.-]*/i.exec(url)?.[0] ?? '').toLowerCase();
  const isTcp = transport === 'tcp';
  const needed = /^https?$/.test(scheme) ? WEB : /^rtsps?$/.test(scheme) && isTcp ? RTSP_OVER_TCP : NETWORK;
  return [...new Set([...(isSecret ? ['pipe', 'concatf'] : []), scheme, ...needed])].join(',');
}

/** All of them through the gate, see host-gate.ts. */
const WEB = ['http', 'https', 'tcp', 'tls', 'httpproxy', 'crypto', 'data'];
const RTSP_OVER_TCP = ['rtsp', 'tcp', 'tls', 'httpproxy'];
const NETWORK = [...WEB, 'rtsp', 'udp', 'rtp', 'srtp'];

function flat(options: readonly OptionPair[]): readonly string[] {
  return options.flatMap(([name, value]) => [`-${name}`, value]);
}

function inputFlags({ kind }: FfmpegInput, { Loop: loops }: FfmpegSettings, pace: FramePace): readonly string[] {
  switch (kind) {
    case 'network':
      return [];
    case 'device':
      return ['-fflags', 'nobuffer'];
    case 'generated':
      return pace === 'paced' ? ['-re'] : [];
    case 'file':
      return [...(loops ? ['-stream_loop', '-1'] : []), ...(pace === 'paced' ? ['-re'] : [])];
  }
}
