import type { FrameReference, RawFrame } from '#packages/frames';

/**
 * A frame of a camera as the decoder left it, in memory that is used again once nobody holds it. A reader holds it
 * from being offered until it is done.
 */
export interface HeldFrame {
  /** Valid while the frame is held. */
  readonly frame: RawFrame;
  /** The picture in a request to the agent: the frame's name in a ring, or the frame itself. */
  readonly request: FrameRequest;
  /** Default: one more holder. */
  hold(times?: number): void;
  /** One holder less; at none, the memory is used again. */
  release(): void;
}

export type FrameRequest =
  | { readonly by: 'reference'; readonly reference: FrameReference }
  /** A frame body, see `packages/frames`. */
  | { readonly by: 'body'; readonly body: Uint8Array };
