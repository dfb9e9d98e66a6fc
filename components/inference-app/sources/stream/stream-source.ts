import { fullJitter, sleep } from '#packages/foundation';
import type { RawFrame } from '#packages/frames';
import { MotionGate } from '#packages/motion';

import type { SourceConfiguration } from '../../config.ts';
import { appErrors } from '../../errors.ts';
import type { Frame } from '../../frame/frame.ts';
import { everyInterval } from '../every-interval.ts';
import { sourceSubject } from '../subjects.ts';
import type { SkipReason } from '../../statistics/skip-reason.ts';
import type { SourceStatistics } from '../../statistics/source-statistics.ts';
import type { FrameSink, ImageSource, SourceOptions } from '../image-source.ts';
import { FrameShare } from './frame-share.ts';
import type { PlayEnd } from './play-command.ts';
import type { FramePace, PlayTarget, StreamPlayer } from './stream-player.ts';

/** Full jitter between attempts; the first one after a stream that worked comes within half a second. */
const BACKOFF = { baseMs: 500, capMs: 30_000 };

/** A camera that changes the size of its pictures more often than this keeps the size that it has when it is opened. */
const RESIZE_INTERVAL_MS = 10_000;

/** Camera, stream or video file: it reconnects for as long as it is not stopped. */
export class StreamSource implements ImageSource {
  readonly #options: SourceOptions;
  readonly #player: StreamPlayer;
  readonly #counters: SourceStatistics;
  readonly #gate: MotionGate | undefined;
  readonly #ended = new AbortController();
  #count = 0;
  #resizedMs = -Infinity;
  #isLost = false;

  constructor(options: SourceOptions, player: StreamPlayer) {
    this.#options = options;
    this.#player = player;
    this.#counters = options.statistics.source(options.name);
    const gate = motionGateOf(options.configuration);
    this.#gate = gate;
    if (gate) this.#counters.motion = () => gate.statistics();
  }

  /** @throws EdgeError `source.stream-failed`, `source.no-frame`, and those of the player in mode `once`; the other modes go on trying */
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

  /** Every frame to the end, none skipped: the player waits for the answers. */
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
        if (end.by === 'resized') {
          this.#resized(end);
          continue;
        }
        const isDone = this.#player.hasEnd && this.#faultOf(end) === undefined;
        if (isDone) return;
        this.#tell(this.#faultOf(end) ?? this.#ownError('source.stream-failed', 'ended', end));
      } catch (thrown) {
        if (signal.aborted) return;
        this.#tell(thrown);
      }
      statistics.count('streamRestarts');
      this.#counters.restarts++;
      await sleep(clock, fullJitter(BACKOFF, attempt, random), signal).catch(() => undefined);
    }
  }

  /** Another size is another stream: it gets memory of its own, and pictures that are not stretched. */
  #resized({ picture }: PlayEnd): void {
    const { name, clock, log } = this.#options;
    this.#resizedMs = clock.monotonic();
    this.#counters.resizes++;
    log.info({ source: name, picture }, 'source.resized');
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
    const { keepsShare } = this.#player;
    const isShared = pace === 'paced' && !keepsShare;
    const share = new FrameShare(isShared ? this.#options.configuration.FramesPerSecond : 0);
    const target: PlayTarget = {
      sink,
      wantsPixels: this.#gate !== undefined || this.#options.configuration.Masks.length > 0,
      followsSize: pace === 'paced' && !this.#player.hasEnd && this.#mayResize(),
      isWanted: (frame) => this.#isWanted(frame, share, sink),
      offer: (image) => this.#offer(sink, image),
    };
    const end = await this.#player.play(target, pace, this.#ended.signal);
    this.#counters.isUp = false;
    const reason = CUT_BY[end.by];
    if (end.cut && reason) sink.skip(reason);
    return end;
  }

  #mayResize(): boolean {
    return this.#options.clock.monotonic() - this.#resizedMs >= RESIZE_INTERVAL_MS;
  }

  /** Told of every raw frame. */
  #isWanted(frame: RawFrame, share: FrameShare, sink: FrameSink): boolean {
    this.#came();
    const now = this.#options.clock.monotonic();
    if (!share.takes(now)) return false;
    const verdict = this.#gate?.look(frame, now);
    const { clips, configuration } = this.#options;
    if (verdict === 'moved' && configuration.Clips.OnMotion) clips?.keep('motion');
    if (verdict !== 'unchanged') return true;
    sink.skip('unchanged');
    return false;
  }

  #came(): void {
    this.#counters.came();
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#options.incidents.resolved(sourceSubject(this.#options.name), 'source.streams-again');
  }

  #offer(sink: FrameSink, image: Pick<Frame, 'withImage' | 'held'>): void {
    const { name, clock } = this.#options;
    if (!image.held) this.#came();
    sink.offer({
      source: name,
      image: `${name}-${String(++this.#count).padStart(8, '0')}.jpg`,
      takenAt: clock.now(),
      takenAtMonotonic: clock.monotonic(),
      ...image,
    });
  }

  #faultOf(end: PlayEnd): Error | undefined {
    if (end.by === 'stopped') return undefined;
    if (end.by === 'watchdog')
      return this.#ownError('source.no-frame', `sent no frame for ${end.patienceMs / 1_000} s`, end);
    const { process } = end;
    const code = process.kind === 'ended' ? process.code : -1;
    if (code === 0 && end.frames > 0) return undefined;
    const how = code === 0 ? 'ended without a frame' : `ended with ${this.#player.program}'s exit code ${code}`;
    return this.#ownError('source.stream-failed', how, end);
  }

  #ownError(code: 'source.no-frame' | 'source.stream-failed', how: string, { said, frames }: PlayEnd): Error {
    const { name } = this.#options;
    const { shown: url, program } = this.#player;
    const words = said === '' ? '' : `; ${program} said: ${said}`;
    const message = `stream ${url} of source ${name} ${how}${words}`;
    return appErrors.error(code, message, { facts: { source: name, url, frames } });
  }

  /** Logged once per outage: what ffmpeg says differs each time, if only in the addresses of its memory. */
  #tell(thrown: unknown): void {
    const { name, incidents } = this.#options;
    this.#isLost = true;
    incidents.opened(sourceSubject(name), 'source.stream-lost', { source: name, error: thrown, severity: 'error' });
  }
}

const CUT_BY: Partial<Record<PlayEnd['by'], SkipReason>> = { stopped: 'stopped', watchdog: 'watchdog', itself: 'cut' };

function motionGateOf({ MotionGate: settings }: SourceConfiguration): MotionGate | undefined {
  if (!settings.Enabled) return undefined;
  const { Sensitivity: sensitivity, Masks, EverySeconds: everySeconds } = settings;
  const masks = Masks.map((corners) => corners.map(([x = 0, y = 0]) => [x, y] as const));
  return new MotionGate({ sensitivity, masks, everySeconds });
}
