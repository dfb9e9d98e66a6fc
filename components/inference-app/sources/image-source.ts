import type { Clock, Incidents, Logger } from '#packages/foundation';

import type { ClipRecorder } from '../clips/clip-recorder.ts';
import type { SourceConfiguration } from '../config.ts';
import type { Frame } from '../frame/frame.ts';
import type { SlotProvider } from '../frame/slot-provider.ts';
import type { SkipReason } from '../statistics/skip-reason.ts';
import type { Statistics } from '../statistics/statistics.ts';

/** Where images come from. One instance per source of the configuration; a changed configuration makes a new one. */
export interface ImageSource {
  /** Starts; frames go to `sink` until `stop`. Resolves when there will be no more frames: at the end of `once`, or after `stop`. */
  run(sink: FrameSink): Promise<void>;
  /** Idempotent; no frame follows. */
  stop(): Promise<void>;
}

export interface FrameSink {
  offer(frame: Frame): void;
  /** Images that came and are not answered yet. */
  readonly outstanding: number;
  /** Images that should have come, or did come, and that nobody will look at. Default: one. */
  skip(reason: SkipReason, count?: number): void;
  /** Resolves when fewer than `count` are outstanding. */
  below(count: number): Promise<void>;
}

export interface SourceOptions {
  /** Name in the configuration. */
  readonly name: string;
  readonly configuration: SourceConfiguration;
  /** Relative paths start here. */
  readonly workFolder: string;
  /** Larger images are not read; asked at each reading, since the setting may change. */
  readonly maxImageBytes: () => number;
  /** Memory for the frames of a stream; never rejects. */
  readonly openSlots: SlotProvider['open'];
  /** Text of a secret of this device. @throws EdgeError of the nucleus */
  readonly readSecret: (secretId: string) => Promise<string>;
  /** Takes a stream's own packets. Default: nobody keeps any. */
  readonly clips?: ClipRecorder | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly statistics: Pick<Statistics, 'count' | 'source'>;
  /** Whether another source reads this folder, an absolute path. Default: none does. */
  readonly isOtherFolder?: (folder: string) => boolean;
  readonly incidents: Incidents;
  readonly log: Logger;
}
