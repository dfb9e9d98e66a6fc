import { tightStrides } from '#packages/frames';
import type { FrameFormat, FrameLayout } from '#packages/frames';

/** Formats that are taken as they are; ffmpeg converts others to the nearest. */
export const PIXEL_FORMATS = ['yuv420p', 'yuvj420p', 'nv12', 'bgr24', 'rgb24', 'gray'] as const;

const MAX_SAID = 2_000;

/** ffmpeg's messages on its standard error with `-loglevel level+info`, read line by line. */
export class FfmpegReport {
  /** Of the video that is read, as ffmpeg names it, e.g. `h264`; undefined until it is known. */
  codec: string | undefined;
  /** Of the frames that are written; undefined until it is known. */
  layout: FrameLayout | undefined;
  /** Size and format of the pictures that are read now; undefined until a frame was decoded. */
  picture: string | undefined;
  /** Where RTSP has redirected to last. */
  redirect: string | undefined;
  #section: 'input' | 'output' | undefined;
  /** Whether the line before was worth saying: messages may have several lines. */
  #isSaid = true;
  #said = '';

  push(line: string): void {
    const [, level] = LEVEL.exec(line) ?? [];
    if (level !== undefined) this.#isSaid = !QUIET.includes(level);
    if (this.#isSaid) return this.#say(line);
    this.picture = pictureIn(line) ?? this.picture;
    const text = line.replace(LEVEL, '');
    this.redirect = /^Status \d+: Redirecting to (.*)/.exec(text.replace(/^\[[^\]]*\] /, ''))?.[1] ?? this.redirect;
    if (/^Input #/.test(text)) this.#section = 'input';
    else if (/^Output #/.test(text)) this.#section = 'output';
    const [, codec, rest] = /^\s+Stream #\S+.*?: Video: (\w+)(.*)/.exec(text) ?? [];
    if (codec === undefined || rest === undefined) return;
    if (this.#section === 'input') this.codec ??= codec;
    else if (codec === 'rawvideo') this.layout ??= layoutIn(rest);
  }

  /** The last of its warnings and errors. */
  get said(): string {
    return this.#said.trim();
  }

  #say(line: string): void {
    // `[tcp @ 0x55d0c8a3c2c0] `: an address in its memory helps nobody.
    const text = line.replace(/\[(warning|error|fatal|panic)\] /, '').replace(/ @ 0x[0-9a-f]+\]/g, ']');
    this.#said = `${this.#said}\n${text}`.slice(-MAX_SAID);
  }
}

const LEVEL = /^(?:\[[^\]]*\] )?\[(quiet|panic|fatal|error|warning|info|verbose|debug|trace)\] /;
const QUIET: readonly string[] = ['info', 'verbose', 'debug', 'trace'];

/** From the line of a filter graph's source each time that it is made: `w:320 h:240 pixfmt:yuv420p tb:1/90000 …`. */
function pictureIn(line: string): string | undefined {
  const [, width, height, format] =
    /^\[graph 0 input [^\]]*\] \[verbose\] w:(\d+) h:(\d+) pixfmt:(\w+)/.exec(line) ?? [];
  return width === undefined ? undefined : `${width}x${height} ${format}`;
}

/** e.g. ` (I420 / 0x30323449), yuv420p(tv, bt470bg/unknown/unknown, progressive), 1920x1080 [SAR 1:1 DAR 16:9], …` */
function layoutIn(text: string): FrameLayout | undefined {
  // No picture has more pixels on a side than five digits say; memory is reserved for what is read here.
  const match = /(?:^|, )(\w+)(?:\(([^)]*)\))?, (\d{1,5})x(\d{1,5})\b/.exec(text);
  if (!match) return undefined;
  const [, name = '', notes = '', width, height] = match;
  const format = FORMATS[name];
  if (!format) return undefined;
  const words = notes.split(/[,\s/]+/);
  const isFull = name === 'yuvj420p' || !/^(yuv|nv)/.test(name) || words.includes('pc');
  return {
    width: Number(width),
    height: Number(height),
    format,
    strides: tightStrides(format, Number(width)),
    matrix: matrixOf(notes),
    range: isFull ? 'full' : 'limited',
  };
}

const FORMATS: Readonly<Record<string, FrameFormat>> = {
  yuv420p: 'yuv420p',
  yuvj420p: 'yuv420p',
  nv12: 'nv12',
  bgr24: 'bgr24',
  rgb24: 'rgb24',
  gray: 'gray',
};

/** Matrix, primaries and transfer are written `a/b/c`, or once if they are the same. Unspecified is BT.601, as ffmpeg itself takes it. */
function matrixOf(notes: string): FrameLayout['matrix'] {
  const matrix = notes.split(', ').find((note) => /^(bt|smpte|fcc|unknown|gbr|ycgco)/.test(note)) ?? '';
  if (/^bt709/.test(matrix)) return 'bt709';
  return /^bt2020/.test(matrix) ? 'bt2020' : 'bt601';
}
