import type { FrameReference, PlacedRing, RingRequest } from '#packages/frames';

/** `POST` here leases a ring, a `RingRequest` being the body. The lease lasts as long as the connection. */
export const RING_LEASE_PATH = '/v1/frames/rings';

export type LeaseRequest = RingRequest;

/** First and only line of the answer. */
export type LeasedRing = PlacedRing;

/**
 * Body of an invocation with `Content-Type: application/json`: says where the picture lies.
 * @public The API's description names it.
 */
export type PictureInvocation = FrameInvocation | FileInvocation;

/** The picture lies in a ring. */
export interface FrameInvocation {
  readonly frame: FrameReference;
}

/** The picture is a file in a folder that the agent's configuration allows. */
export interface FileInvocation {
  /** Absolute. */
  readonly path: string;
}
