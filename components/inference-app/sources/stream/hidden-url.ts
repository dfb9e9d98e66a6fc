import type { FfmpegVersion } from './ffmpeg-version.ts';

/** A URL that ffmpeg reads from its standard input, since the process list shows its arguments to every user of the machine. */
export interface HiddenUrl {
  /** Words for ffmpeg, `-i` included. */
  readonly words: readonly string[];
  /** Standard input of ffmpeg. */
  readonly input: string;
}

/**
 * A list of one entry for ffmpeg's `concat`, https://ffmpeg.org/ffmpeg-formats.html#concat. Options in it reach the entry itself;
 * versions before 5.0 know none there.
 *
 * @param format if ffmpeg is not to find it out: the bytes of the URL are then read by the protocol `concatf`
 * @param options name and value in turn, of the protocol and the format
 */
export function hiddenUrl(
  url: string,
  format: string | undefined,
  options: readonly (readonly [name: string, value: string])[],
  version: FfmpegVersion,
): HiddenUrl {
  if (format !== undefined && format !== 'rtsp') {
    const words = options.flatMap(([name, value]) => [`-${name}`, value]);
    return { words: ['-f', format, ...words, '-i', 'concatf:pipe:0'], input: `${quoted(url)}\n` };
  }
  const transport = options.find(([name]) => name === 'rtsp_transport')?.[1];
  const lines = version.hasConcatOptions
    ? [`file ${quoted(url)}`, ...options.map(([name, value]) => `option ${name} ${quoted(value)}`)]
    : [`file ${quoted(transport === undefined ? url : withTransport(url, transport))}`];
  const input = ['ffconcat version 1.0', ...lines, ''].join('\n');
  return { words: ['-f', 'concat', '-safe', '0', '-i', 'pipe:0'], input };
}

/** ffmpeg removes it from the URL again (libavformat/rtsp.c). */
function withTransport(url: string, transport: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${transport}`;
}

/** Source: ffmpeg-utils(1), "Quoting and escaping". A line ends an entry. */
function quoted(text: string): string {
  return `'${text.replace(/[\r\n]/g, '').replaceAll("'", `'\\''`)}'`;
}
