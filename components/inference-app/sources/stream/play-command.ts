import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Clock } from '#packages/foundation';

import { withoutSecrets } from '../shown-url.ts';
import { FfmpegReport } from './ffmpeg-report.ts';
import type { ProcessEnd } from './guarded-process.ts';
import { startGuarded } from './guarded-process.ts';

export interface PlayOptions {
  readonly command: string;
  readonly words: readonly string[];
  /** Its standard input. Default: nothing. */
  readonly input?: string | undefined;
  /** Over what it gets of ours. */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Whether it may follow a redirect of RTSP. Default: anywhere. */
  readonly mayFollow?: ((url: string) => boolean) | undefined;
  /** Never appear in what the command is said to have said. */
  readonly secrets: readonly string[];
  readonly noFrameMs: number;
  /** The watchdog waits at least this long for the first frame. Default: `noFrameMs`, as for the others. */
  readonly openingMs?: number;
  /** Takes the `EXTRA_OUTPUT` of the command. Default: it does not have one. */
  readonly onExtra?: ((stream: Readable) => void) | undefined;
  /** Told of the process when it starts, and of `undefined` when it has ended. */
  readonly onProcess?: ((pid: number | undefined) => void) | undefined;
  /** The command is ended after so many. Default: it ends by itself. */
  readonly maxFrames?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly output: FrameOutput;
}

/** Takes what a command writes to its standard output. */
export interface FrameOutput {
  /** Where the command is to write, and who closes it; undefined for a stream that `start` gets. */
  readonly descriptor?: number | undefined;
  /** The command runs. */
  start(events: OutputEvents, stdout: Readable | undefined): void;
  /** The command has said something on its standard error. */
  reported(report: FfmpegReport): void;
  /** No more is wanted. */
  stop(): void;
  /** The command has ended: resolves when all that it wrote is taken, with whether it ended within a frame. */
  end(): Promise<boolean>;
}

export interface OutputEvents {
  /** A whole frame is there. */
  onFrame(): void;
  /** Nothing is read until `onReading`, and nobody shall wait for a frame. */
  onWaiting(): void;
  onReading(): void;
  /** The command is to be started in another way. */
  onUnfit(): void;
  /** Pictures have another size from now on: the command is to be started again. */
  onResized(): void;
}

export interface PlayEnd {
  readonly frames: number;
  /** How long the watchdog waits for the frame that follows these. */
  readonly patienceMs: number;
  /**
   * `stopped` by the signal; by the `watchdog`, since no frame came in time; `unfit` for what was wanted; `enough` frames; `resized`: pictures
   * have another size from now on; `led-away` to a host to which it may not follow; else by itself.
   */
  readonly by: 'stopped' | 'watchdog' | 'unfit' | 'enough' | 'resized' | 'led-away' | 'itself';
  /** Of the video, as ffmpeg named it; undefined if it was not opened. */
  readonly codec: string | undefined;
  /** Size and pixel format of what came last, e.g. `640x480 yuv420p`; undefined if nothing did. */
  readonly picture: string | undefined;
  readonly process: ProcessEnd;
  /** Whether it ended within a frame. */
  readonly cut: boolean;
  /** The last lines that the command said, secrets masked. */
  readonly said: string;
}

/** Runs a command that writes frames, ffmpeg or another, once, from start to end. */
export async function playCommand(options: PlayOptions): Promise<PlayEnd> {
  const { command, words, input, clock, signal, noFrameMs, openingMs = 0, maxFrames = Infinity, output } = options;
  const process = startGuarded(command, words, {
    output: output.descriptor,
    input,
    hasExtra: options.onExtra !== undefined,
    environment: options.environment,
  });
  options.onProcess?.(process.pid);
  if (process.extra) options.onExtra?.(process.extra);
  let frames = 0;
  let by: PlayEnd['by'] = 'itself';
  const patienceMs = (): number => (frames === 0 ? Math.max(noFrameMs, openingMs) : noFrameMs);
  let cancelWatchdog = (): void => undefined;
  const stop = (why: PlayEnd['by']): void => {
    if (by !== 'itself') return;
    by = why;
    cancelWatchdog();
    output.stop();
    // Each moment more is a request to a host that ffmpeg may not reach.
    void (why === 'led-away' ? process.kill() : process.stop());
  };
  const watch = (): void => {
    cancelWatchdog();
    if (by === 'itself') cancelWatchdog = clock.after(patienceMs(), () => stop('watchdog'));
  };
  const onAbort = (): void => stop('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  watch();

  const events: OutputEvents = {
    onFrame: () => {
      if (++frames >= maxFrames) stop('enough');
      watch();
    },
    onWaiting: () => cancelWatchdog(),
    onReading: watch,
    onUnfit: () => stop('unfit'),
    onResized: () => stop('resized'),
  };
  output.start(events, process.stdout);
  const report = new FfmpegReport();
  createInterface({ input: process.stderr }).on('line', (line) => {
    report.push(line);
    const { redirect } = report;
    if (redirect !== undefined && options.mayFollow?.(redirect) === false) stop('led-away');
    if (by === 'itself') output.reported(report);
  });
  const end = await process.ended;
  const cut = await output.end();
  options.onProcess?.(undefined);
  cancelWatchdog();
  signal.removeEventListener('abort', onAbort);
  return {
    frames,
    patienceMs: patienceMs(),
    by,
    process: end,
    cut,
    codec: report.codec,
    picture: report.picture,
    said: lastWords(report, options.secrets),
  };
}

const LAST_LINES = 5;

function lastWords({ said }: FfmpegReport, secrets: readonly string[]): string {
  const lines = said.split(/\s*\n\s*/);
  return withoutSecrets(lines.slice(-LAST_LINES).join(' | '), secrets);
}
