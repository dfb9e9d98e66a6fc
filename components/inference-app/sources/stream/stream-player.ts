import type { RawFrame } from '#packages/frames';
import type { Frame } from '../../frame/frame.ts';
import type { FrameSink } from '../image-source.ts';
import type { PlayEnd } from './play-command.ts';

/**
 * `every`: each frame as fast as it can be had. `paced`: at the speed at which they were filmed. `one`: a single frame.
 */
export type FramePace = 'every' | 'paced' | 'one';

/** A command that writes frames: ffmpeg, or one of the user's. */
export interface StreamPlayer {
  /** The stream's name for messages: without credentials. */
  readonly shown: string;
  /** The player's name for messages. */
  readonly program: string;
  /** Whether it has an end of its own, as a file has. */
  readonly hasEnd: boolean;
  /** Whether it gives no more frames than `FramesPerSecond` of its own accord. */
  readonly keepsShare: boolean;
  /**
   * Runs the command once, to its end.
   * @throws EdgeError if it cannot be started; the signal's reason
   */
  play(target: PlayTarget, pace: FramePace, signal: AbortSignal): Promise<PlayEnd>;
}

/** Where the frames go. */
export interface PlayTarget {
  readonly sink: FrameSink;
  /** Whether a raw frame is to be offered. */
  readonly isWanted: (frame: RawFrame) => boolean;
  /** Whether frames are looked at by `isWanted`, or parts of them hidden, for which they must be raw. */
  readonly wantsPixels: boolean;
  /** Whether the stream is opened again if its pictures change their size. */
  readonly followsSize: boolean;
  readonly offer: (image: Pick<Frame, 'withImage' | 'held'>) => void;
}
