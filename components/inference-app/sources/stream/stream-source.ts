import { fullJitter, messageOf, sleep } from '#packages/foundation';
import { encodeFrame } from '#packages/jpeg';

import { appErrors } from '../../errors.ts';
import type { SourceConfiguration } from '../../config.ts';
import { sharedImage } from '../../frame/frame.ts';
import type { Frame, LoadedImage } from '../../frame/frame.ts';
import type { HeldFrame } from '../../frame/held-frame.ts';
import { everyInterval } from '../every-interval.ts';
import type { FrameSink, ImageSource, SourceOptions } from '../image-source.ts';
import { secretsOf, shownUrl } from '../shown-url.ts';
import { ffmpegArguments } from './ffmpeg-arguments.ts';
import type { FrameForm, FramePace } from './ffmpeg-arguments.ts';
import { ffmpegInput } from './ffmpeg-input.ts';
import type { FfmpegInput } from './ffmpeg-input.ts';
import type { PlayEnd } from './ffmpeg-play.ts';
import { playFfmpeg } from './ffmpeg-play.ts';
import { askFfmpegVersion, ffmpegMissing } from './ffmpeg-version.ts';
import type { FfmpegVersion } from './ffmpeg-version.ts';
import { JpegFrames } from './jpeg-frames.ts';
import { RawFrames } from './raw-frames.ts';

/** Full jitter between attempts; the first one after a stream that worked comes within half a second. */
const BACKOFF = { baseMs: 500, capMs: 30_000 };
/** In mode `once` ffmpeg waits while more pictures of a camera that sends JPEG than this are not answered. */
const MAX_OUTSTANDING = 8;

/** Camera, stream or video file through ffmpeg: it reconnects for as long as it is not stopped. */
export class StreamSource implements ImageSource {
  readonly #options: SourceOptions;
  readonly #input: FfmpegInput;
  readonly #ended = new AbortController();
  #version: FfmpegVersion | undefined;
  #count = 0;
  /** Whether the camera sends JPEG, which is passed on as it is. */
  #form: FrameForm = 'raw';
  /** What was said last of an outage that goes on. */
  #trouble = '';

  constructor(options: SourceOptions) {
    this.#options = options;
    const { Url: url, Format: format } = options.configuration;
    this.#input = ffmpegInput(url, format, options.workFolder);
  }

  /** @throws EdgeError `source.ffmpeg-missing`, `source.ffmpeg-failed`, `source.stream-failed`, `source.no-frame` in mode `once`; the other modes go on trying */
  async run(sink: FrameSink): Promise<void> {
    switch (this.#options.configuration.Mode) {
      case 'once':
        return this.#playOnce(sink);
      case 'watch':
        return this.#playOn(sink);
      case 'interval': {
        const { clock, configuration } = this.#options;
        const intervalMs = configuration.InferenceInterval * 1000;
        return everyInterval(clock, intervalMs, this.#ended.signal, () => this.#takeOne(sink));
      }
    }
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('the source was stopped'));
  }

  /** Every frame to the end, none skipped: ffmpeg waits for the answers. */
  async #playOnce(sink: FrameSink): Promise<void> {
    const error = this.#faultOf(await this.#play(sink, 'every'));
    if (error) throw error;
  }

  /** Again and again; a file is done when it ends well. */
  async #playOn(sink: FrameSink): Promise<void> {
    const { clock, random, statistics } = this.#options;
    const { signal } = this.#ended;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const end = await this.#play(sink, 'paced');
        if (end.by === 'stopped') return;
        if (end.frames > 0) attempt = 0;
        const isDone = ['file', 'generated'].includes(this.#input.kind) && this.#faultOf(end) === undefined;
        if (isDone) return;
        this.#tell(this.#faultOf(end) ?? this.#ownError('source.stream-failed', 'ended', end));
      } catch (thrown) {
        if (signal.aborted) return;
        this.#tell(thrown);
      }
      statistics.count('streamRestarts');
      await sleep(clock, fullJitter(BACKOFF, attempt, random), signal).catch(() => undefined);
    }
  }

  async #takeOne(sink: FrameSink): Promise<void> {
    if (sink.outstanding > 0) return sink.skip('busy');
    try {
      const end = await this.#play(sink, 'one');
      const error = end.frames > 0 || end.by === 'stopped' ? undefined : this.#faultOf(end);
      if (!error) return;
      // A frame that was cut off is counted already.
      if (!end.cut) sink.skip(end.by === 'watchdog' ? 'watchdog' : 'unreachable');
      this.#tell(error);
    } catch (thrown) {
      if (this.#ended.signal.aborted) return;
      sink.skip('unreachable');
      this.#tell(thrown);
    }
  }

  async #play(sink: FrameSink, pace: FramePace): Promise<PlayEnd> {
    const { configuration, clock } = this.#options;
    const { signal } = this.#ended;
    const command = configuration.FfmpegPath;
    this.#version ??= await askFfmpegVersion(command, signal);
    const end = await playFfmpeg({
      command,
      words: ffmpegArguments(this.#input, configuration, pace, this.#form, this.#version),
      secrets: secretsOf(configuration.Url),
      noFrameMs: configuration.NoFrameSeconds * 1000,
      clock,
      signal,
      output: this.#form === 'raw' ? this.#rawFrames(sink, pace) : this.#jpegFrames(sink, pace),
    });
    if (end.by === 'unfit') {
      this.#form = 'jpeg';
      return this.#play(sink, pace);
    }
    if (end.cut) sink.skip(CUT_BY[end.by]);
    if (end.process.kind === 'not-started') {
      this.#version = undefined;
      throw ffmpegMissing(command, end.process.reason);
    }
    return end;
  }

  #rawFrames(sink: FrameSink, pace: FramePace): RawFrames {
    const { name, configuration, clock, openSlots } = this.#options;
    return new RawFrames({
      openSlots: (layout) => openSlots(name, layout, this.#ended.signal),
      onFrame: (held) => this.#offer(sink, { held, withImage: sharedImage(() => jpegOf(held, configuration)) }),
      onNoRoom: () => sink.skip('busy'),
      isPatient: pace === 'every',
      // What is to be made smaller is decoded here in any case.
      refusesJpeg: configuration.MaxWidth === 0,
      now: () => clock.now(),
    });
  }

  #jpegFrames(sink: FrameSink, pace: FramePace): JpegFrames {
    const { configuration, clock, maxImageBytes } = this.#options;
    return new JpegFrames({
      maxImageBytes,
      framesPerSecond: pace === 'paced' ? configuration.FramesPerSecond : 0,
      clock,
      onFrame: (bytes) => this.#offer(sink, { withImage: (use) => use({ bytes, contentType: 'image/jpeg' }) }),
      onBroken: (reason) => sink.skip(reason),
      whenReady: () =>
        pace === 'every' && sink.outstanding > MAX_OUTSTANDING ? sink.below(MAX_OUTSTANDING) : undefined,
    });
  }

  #offer(sink: FrameSink, image: Pick<Frame, 'withImage' | 'held'>): void {
    const { name, clock, log } = this.#options;
    if (this.#trouble !== '') log.info({ source: name }, 'source.streams-again');
    this.#trouble = '';
    sink.offer({
      source: name,
      image: `${name}-${String(++this.#count).padStart(8, '0')}.jpg`,
      takenAt: clock.now(),
      takenAtMonotonic: clock.monotonic(),
      ...image,
    });
  }

  #faultOf(end: PlayEnd): Error | undefined {
    const { NoFrameSeconds: seconds } = this.#options.configuration;
    if (end.by === 'stopped') return undefined;
    if (end.by === 'watchdog') return this.#ownError('source.no-frame', `sent no frame for ${seconds} s`, end);
    const { process } = end;
    const code = process.kind === 'ended' ? process.code : -1;
    if (code === 0 && end.frames > 0) return undefined;
    const how = code === 0 ? 'ended without a frame' : `ended with ffmpeg's exit code ${code}`;
    return this.#ownError('source.stream-failed', how, end);
  }

  #ownError(code: 'source.no-frame' | 'source.stream-failed', how: string, { said, frames }: PlayEnd): Error {
    const { name, configuration } = this.#options;
    const url = shownUrl(configuration.Url);
    const words = said === '' ? '' : `; ffmpeg said: ${said}`;
    const message = `stream ${url} of source ${name} ${how}${words}`;
    return appErrors.error(code, message, { facts: { source: name, url, frames } });
  }

  /** Once per outage and reason: a camera that is away for a week must not fill the log. */
  #tell(thrown: unknown): void {
    const { name, log } = this.#options;
    const message = messageOf(thrown);
    if (this.#trouble === message) return;
    this.#trouble = message;
    log.warn({ source: name, error: thrown }, 'source.stream-lost');
  }
}

const CUT_BY = { stopped: 'stopped', watchdog: 'watchdog', itself: 'cut' } as const;

/** Made when somebody looks at the frame or keeps it, once for all who do at the time. */
async function jpegOf({ frame }: HeldFrame, { PictureQuality: quality }: SourceConfiguration): Promise<LoadedImage> {
  return { bytes: await encodeFrame(frame, { quality }), contentType: 'image/jpeg' };
}
