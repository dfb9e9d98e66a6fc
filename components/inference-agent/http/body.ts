import type { IncomingMessage } from 'node:http';

import { BufferPool } from '../buffers/buffer-pool.ts';
import { agentErrors } from '../errors.ts';

/** Size that the headers announce; undefined for a chunked body. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const length = Number(request.headers['content-length']);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/** What may end the reading of a body before its end. */
export interface Interruption {
  onEnded(listener: (reason: Error) => void): void;
}

/**
 * Reads a body into memory of its own, which can be moved to another thread.
 * @throws EdgeError `http.body-too-large`, `http.body-incomplete`; the reason of an interruption
 */
export function readBody(
  request: IncomingMessage,
  buffers: BufferPool,
  maxBytes: number,
  interruption?: Interruption,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = announcedLength(request);
  if ((length ?? 0) > maxBytes) return Promise.reject(bodyTooLarge(length ?? 0, maxBytes));
  return new Promise((resolve, reject) => {
    let body = buffers.take(length ?? FIRST_BYTES);
    let filled = 0;
    const onData = (chunk: Buffer): void => {
      if (filled + chunk.length > maxBytes) return fail(bodyTooLarge(filled + chunk.length, maxBytes));
      if (filled + chunk.length > body.length) body = grown(buffers, body, filled, chunk.length);
      body.set(chunk, filled);
      filled += chunk.length;
    };
    const onEnd = (): void => {
      stop();
      resolve(body.subarray(0, filled));
    };
    const onBroken = (): void => {
      const message = `the body ended after ${filled}${length === undefined ? '' : ` of ${length}`} bytes`;
      fail(agentErrors.error('http.body-incomplete', message));
    };
    const stop = (): void => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    };
    const fail = (reason: Error): void => {
      stop();
      buffers.give(body.buffer);
      reject(reason);
    };
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
    interruption?.onEnded(fail);
  });
}

/** @throws EdgeError `http.bad-request` where the body is no JSON object; an empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.from(await readBody(request, JSON_BUFFERS, MAX_JSON_BYTES)).toString('utf8');
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, as for JSON that is no object.
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

const FIRST_BYTES = 256 * 1024;
const MAX_JSON_BYTES = 64 * 1024;

/** Requests in JSON are few: their memory is not worth keeping. */
const JSON_BUFFERS = new BufferPool();

function grown(
  buffers: BufferPool,
  body: Uint8Array<ArrayBuffer>,
  filled: number,
  more: number,
): Uint8Array<ArrayBuffer> {
  const larger = buffers.take(Math.max(2 * body.length, filled + more));
  larger.set(body.subarray(0, filled));
  buffers.give(body.buffer);
  return larger;
}
