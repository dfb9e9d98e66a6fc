import type { IncomingMessage } from 'node:http';

import { BufferPool } from '../buffers/buffer-pool.ts';
import { GrowingBody } from '../buffers/growing-body.ts';
import { agentErrors } from '../errors.ts';

/** Size that the headers announce; undefined for a chunked body. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const length = Number(request.headers['content-length']);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/** A listener that hears of a body as it arrives, and may end its reading. */
export interface BodyKeeper {
  /** So many bytes more are kept. May end the request. */
  arrived(bytes: number): void;
  onEnded(listener: (reason: Error) => void): void;
}

/**
 * Hands a body on piece by piece, as it comes.
 * @param take may keep a piece only if it copies it
 * @returns the number of its bytes
 * @throws EdgeError `http.body-too-large`, `http.body-incomplete`; the reason of the keeper
 */
function receiveBody(
  request: IncomingMessage,
  maxBytes: number,
  take: (piece: Buffer) => void,
  keeper?: BodyKeeper,
): Promise<number> {
  const length = announcedLength(request);
  if ((length ?? 0) > maxBytes) return Promise.reject(bodyTooLarge(length ?? 0, maxBytes));
  return new Promise((resolve, reject) => {
    let bytes = 0;
    let done = false;
    const onData = (piece: Buffer): void => {
      bytes += piece.length;
      if (bytes > maxBytes) return fail(bodyTooLarge(bytes, maxBytes));
      keeper?.arrived(piece.length);
      if (!done) take(piece);
    };
    const onEnd = (): void => {
      stop();
      resolve(bytes);
    };
    const onBroken = (): void => {
      const message = `the body ended after ${bytes}${length === undefined ? '' : ` of ${length}`} bytes`;
      fail(agentErrors.error('http.body-incomplete', message));
    };
    const stop = (): void => {
      done = true;
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const fail = (reason: Error): void => {
      if (done) return;
      stop();
      // Nobody takes the rest: it is read and dropped, so that the client gets to its answer.
      request.resume();
      reject(reason);
    };
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
    keeper?.onEnded(fail);
  });
}

/** Reads a body into memory of its own, which can be moved to another thread. @throws EdgeError as `receiveBody` */
export async function readBody(
  request: IncomingMessage,
  buffers: BufferPool,
  maxBytes: number,
  keeper?: BodyKeeper,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = new GrowingBody(buffers, announcedLength(request));
  try {
    await receiveBody(request, maxBytes, (piece) => body.add(piece), keeper);
    return body.bytes;
  } catch (thrown) {
    body.giveBack();
    throw thrown;
  }
}

/** @throws EdgeError `http.bad-request` if the body is not a JSON object; an empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.from(await readBody(request, JSON_BUFFERS, MAX_JSON_BYTES)).toString('utf8');
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, as for JSON that is not an object.
  }
  throw agentErrors.error(
    'http.bad-request',
    `the body must be a JSON object, got ${JSON.stringify(text.slice(0, 80))}`,
  );
}

export function bodyTooLarge(bytes: number, maxBytes: number) {
  const message = `the body has ${bytes} bytes or more, and ${maxBytes} are allowed`;
  return agentErrors.error('http.body-too-large', message, { facts: { bytes, maxBytes } });
}

const MAX_JSON_BYTES = 64 * 1024;

/** Requests in JSON are few: their memory is not worth keeping. */
const JSON_BUFFERS = new BufferPool();
