import { tightStrides } from '#packages/frames';
import type { FrameLayout } from '#packages/frames';
import type { SourceConfiguration } from '../../config.ts';
import { appErrors } from '../../errors.ts';
import type { SourceOptions } from '../image-source.ts';
import { secretsOf, withoutSecrets } from '../shown-url.ts';
import { playCommand } from './play-command.ts';
import type { PlayEnd } from './play-command.ts';
import { rawFramesOf } from './raw-frames-of.ts';
import type { FramePace, PlayTarget, StreamPlayer } from './stream-player.ts';

/** Plays what a command of the user's writes: raw frames of the declared size and format, one after the other, with nothing between. */
export class PipelinePlayer implements StreamPlayer {
  readonly hasEnd = false;
  readonly keepsShare = false;
  readonly program: string;
  readonly #options: SourceOptions;
  readonly #words: readonly string[];
  readonly #layout: FrameLayout;

  constructor(options: SourceOptions) {
    this.#options = options;
    const { Command: command, ...frames } = options.configuration.Pipeline;
    [this.program = '', ...this.#words] = command;
    this.#layout = layoutOf(frames);
  }

  get shown(): string {
    return withoutSecrets(this.#options.configuration.Pipeline.Command.join(' '), this.#secrets);
  }

  get #secrets(): readonly string[] {
    return this.#words.flatMap((word) => secretsOf(word));
  }

  /** @throws EdgeError `source.pipeline-missing` */
  async play(target: PlayTarget, pace: FramePace, signal: AbortSignal): Promise<PlayEnd> {
    const { configuration, clock, name, statistics } = this.#options;
    const format = { layout: this.#layout, suits: () => true };
    const end = await playCommand({
      command: this.program,
      words: this.#words,
      secrets: this.#secrets,
      noFrameMs: configuration.NoFrameSeconds * 1_000,
      ...(pace === 'one' ? { maxFrames: 1 } : {}),
      clock,
      signal,
      onProcess: (pid) => (statistics.source(name).commandPid = pid),
      output: rawFramesOf(this.#options, target, pace, format, signal),
    });
    if (end.process.kind !== 'not-started') return end;
    const message = `source ${name} cannot start its pipeline: ${end.process.reason}; install it, or correct Pipeline.Command`;
    throw appErrors.error('source.pipeline-missing', message, { facts: { source: name, command: this.program } });
  }
}

function layoutOf(frames: Omit<SourceConfiguration['Pipeline'], 'Command'>): FrameLayout {
  const { Width: width, Height: height, PixelFormat: format, Matrix: matrix, Range: range } = frames;
  const isRgb = format === 'rgb24' || format === 'bgr24';
  return { width, height, format, strides: tightStrides(format, width), matrix, range: isRgb ? 'full' : range };
}
