import type { Clock } from '#packages/foundation';

import { withoutSecrets } from '../shown-url.ts';
import type { GuardedProcess, ProcessEnd } from './guarded-process.ts';
import { startGuarded } from './guarded-process.ts';
import type { BrokenFrame } from './jpeg-splitter.ts';
import { JpegSplitter } from './jpeg-splitter.ts';

export interface PlayOptions {
  readonly command: string;
  readonly words: readonly string[];
  /** Never appear in what ffmpeg is said to have said. */
  readonly secrets: readonly string[];
  readonly noFrameMs: number;
  readonly maxImageBytes: () => number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onFrame: (jpeg: Buffer) => void;
  readonly onBroken: (reason: BrokenFrame) => void;
  /** Resolves when more frames may come; ffmpeg waits until then. Undefined: at once. */
  readonly whenReady?: () => Promise<void> | undefined;
}

export interface PlayEnd {
  readonly frames: number;
  /** `stopped` by the signal; by the `watchdog`, since no frame came in time; else by itself. */
  readonly by: 'stopped' | 'watchdog' | 'itself';
  readonly process: ProcessEnd;
  /** Whether it ended within a frame. */
  readonly cut: boolean;
  /** The last lines that ffmpeg said, secrets masked. */
  readonly said: string;
}

const MAX_SAID = 2_000;

/** Runs ffmpeg once, from start to end. */
export async function playFfmpeg(options: PlayOptions): Promise<PlayEnd> {
  const { command, words, clock, signal, noFrameMs } = options;
  const process = startGuarded(command, words);
  let frames = 0;
  let by: PlayEnd['by'] = 'itself';
  let cancelWatchdog = (): void => undefined;
  const stop = (why: PlayEnd['by']): void => {
    if (by !== 'itself') return;
    by = why;
    cancelWatchdog();
    void process.stop();
  };
  const watch = (): void => {
    cancelWatchdog();
    if (by === 'itself') cancelWatchdog = clock.after(noFrameMs, () => stop('watchdog'));
  };
  const onAbort = (): void => stop('stopped');
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  watch();

  const splitter = new JpegSplitter({
    maxBytes: options.maxImageBytes,
    onFrame: (jpeg) => {
      if (by !== 'itself') return;
      frames++;
      watch();
      options.onFrame(jpeg);
    },
    onBroken: options.onBroken,
  });
  const said = lastWords(process, options.secrets);
  process.stdout.on('data', (chunk: Buffer) => {
    splitter.push(chunk);
    const ready = options.whenReady?.();
    if (!ready) return;
    process.stdout.pause();
    cancelWatchdog();
    void ready.then(() => {
      watch();
      process.stdout.resume();
    });
  });
  const end = await process.ended;
  cancelWatchdog();
  signal.removeEventListener('abort', onAbort);
  return { frames, by, process: end, cut: splitter.reset(), said: said() };
}

/** The end of what it says on stderr. */
function lastWords(process: GuardedProcess, secrets: readonly string[]): () => string {
  let text = '';
  process.stderr.setEncoding('utf8');
  process.stderr.on('data', (chunk: string) => (text = (text + chunk).slice(-MAX_SAID)));
  return () =>
    withoutSecrets(
      text
        .trim()
        .split(/\s*\n\s*/)
        .slice(-5)
        .join(' | '),
      secrets,
    );
}
