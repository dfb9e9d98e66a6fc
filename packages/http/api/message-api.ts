import type { FrameReference } from '#packages/frames';
import type { WireError } from '#packages/foundation';
import type { InvokeResult } from './agent-api.ts';

/** A connection whose first request is `GET` here, with this `Upgrade`, brings messages in place of HTTP from then on. */
export const MESSAGES_PATH = '/v1/messages';
export const MESSAGES_PROTOCOL = 'edgeml-messages/1';

/** Requests that one connection may have open. */
export const MAX_MESSAGES_IN_FLIGHT = 64;

/** A head larger than this ends the connection. */
export const MAX_MESSAGE_HEAD_BYTES = 64 * 1024;

/**
 * Head of a message to the agent: asks a service about one picture. It is named by `frame` or `path`; else it is the message's blob.
 */
export interface MessageInvocation {
  /** The client's number for the request, 1 to 2^53 - 1; none that is open may have it. */
  readonly id: number;
  readonly service: string;
  /** Milliseconds that the answer may take; the time-out of the service is the upper bound. */
  readonly deadlineMs?: number;
  /** Id in the answer, in results and logs. Default: a random one. */
  readonly requestId?: string;
  /** Whether the answer says where the picture lies in the model's input. */
  readonly placement?: boolean;
  readonly frame?: FrameReference;
  /** Absolute path of an image file in a folder that the agent's configuration allows. */
  readonly path?: string;
  /** Of the blob, as the `Content-Type` of `POST …/invoke`. */
  readonly contentType?: string;
}

/** Head of a message to the agent: nobody waits for that request any more. It is answered all the same, most often with an error. */
export interface MessageCancellation {
  readonly id: number;
  readonly cancel: true;
}

/** Heads of messages from the agent. Each request gets one with its id, in any order. */
export type MessageAnswer =
  | { readonly id: number; readonly result: InvokeResult }
  /** `retryAfterSeconds`: as the header `Retry-After`. */
  | { readonly id: number; readonly error: WireError; readonly retryAfterSeconds?: number }
  /** The connection ends with the answers to what is open; further requests go on another one. With `error`: at once, for that reason. */
  | { readonly closing: true; readonly error?: WireError };
