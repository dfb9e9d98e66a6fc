import type { FrameLayout } from '#packages/frames';
import { encodeFrame } from '#packages/jpeg';
import type { SourceConfiguration } from '../../config.ts';
import { sharedImage } from '../../frame/frame.ts';
import type { LoadedImage } from '../../frame/frame.ts';
import type { HeldFrame } from '../../frame/held-frame.ts';
import { maskOf } from '../../masks/mask-of.ts';
import type { SourceOptions } from '../image-source.ts';
import { RawFrames } from './raw-frames.ts';
import type { FramePace, PlayTarget } from './stream-player.ts';

export interface RawFormat {
  /** Default: ffmpeg says so. */
  readonly layout?: FrameLayout;
  readonly suits: (codec: string) => boolean;
  readonly onTooLarge?: (fitWidth: number) => boolean;
}

/** Takes the raw frames of a source, as its settings say. */
export function rawFramesOf(
  { name, configuration, clock, openSlots, statistics }: SourceOptions,
  { sink, offer, isWanted, followsSize }: PlayTarget,
  pace: FramePace,
  format: RawFormat,
  signal: AbortSignal,
): RawFrames {
  return new RawFrames({
    ...format,
    openSlots: (layout) => openSlots(name, layout, signal),
    isWanted,
    mask: maskOf(configuration),
    onFrame: (held) => offer({ held, withImage: sharedImage(() => jpegOf(held, configuration)) }),
    onNoRoom: () => sink.skip('busy'),
    isPatient: pace === 'every',
    followsSize,
    onMemory: (memory) => (statistics.source(name).frameMemory = memory),
    now: () => clock.now(),
  });
}

/** Made when somebody looks at the frame or keeps it, once for all who do at the time. */
async function jpegOf({ frame }: HeldFrame, { PictureQuality: quality }: SourceConfiguration): Promise<LoadedImage> {
  return { bytes: await encodeFrame(frame, { quality }), contentType: 'image/jpeg' };
}
