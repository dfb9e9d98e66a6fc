import { readFrameReference } from '#packages/frames';
import type { FrameReference } from '#packages/frames';
import { agentErrors } from '../errors.ts';
import { deadlineOf, imageTypeOf, requestIdOf } from '../invoke/request-words.ts';

/** The request in a message, checked. */
export interface Invocation {
  readonly service: string;
  readonly deadlineMs: number | undefined;
  readonly requestId: string;
  readonly placement: boolean;
  /** Undefined if the picture is the message's blob. */
  readonly named: { readonly path: string } | FrameReference | undefined;
  /** Of the blob. */
  readonly contentType: string | undefined;
}

/** Any value of JSON, as fields. */
export type Head = Readonly<Record<string, unknown>>;

/** The client's number for its request; undefined if the head has none. */
export function messageId({ id }: Head): number | undefined {
  return Number.isSafeInteger(id) && (id as number) > 0 ? (id as number) : undefined;
}

/** @throws EdgeError `http.bad-request`, `http.content-type`, `frames.reference-invalid` */
export function readInvocation(head: Head): Invocation {
  const { service, deadlineMs, requestId, placement, frame, path, contentType } = head;
  if (typeof service !== 'string') throw badRequest('"service" names the service to ask');
  if (path !== undefined && typeof path !== 'string') throw badRequest('"path" is the absolute path of an image file');
  if (path !== undefined && frame !== undefined) throw badRequest('a picture has one name, "path" or "frame"');
  if (contentType !== undefined && typeof contentType !== 'string') throw badRequest('"contentType" is a text');
  const named = path === undefined ? (frame === undefined ? undefined : readFrameReference(frame)) : { path };
  return {
    service,
    deadlineMs: deadlineOf(deadlineMs, '"deadlineMs"'),
    requestId: requestIdOf(requestId),
    placement: placement === true,
    named,
    contentType: named ? undefined : imageTypeOf(contentType),
  };
}

export function badRequest(message: string): Error {
  return agentErrors.error('http.bad-request', message);
}
