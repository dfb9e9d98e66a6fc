import type { IncomingMessage } from 'node:http';

import { httpErrors } from './errors.ts';

/** Size that the headers announce; undefined for a chunked body. */
export function announcedLength(request: IncomingMessage): number | undefined {
  const length = Number(request.headers['content-length']);
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined;
}

/**
 * Reads a body into memory of its own, which can be moved to another thread.
 * @throws EdgeError `http.body-too-large`, `http.body-incomplete`; the signal's reason when aborted
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = announcedLength(request);
  if ((length ?? 0) > maxBytes) return Promise.reject(bodyTooLarge(length ?? 0, maxBytes));
  return new Promise((resolve, reject) => {
    // Not from Node's shared pool, whose memory cannot be moved.
    let body = Buffer.allocUnsafeSlow(length ?? FIRST_BYTES) as Uint8Array<ArrayBuffer>;
    let filled = 0;
    const onData = (chunk: Buffer): void => {
      if (filled + chunk.length > maxBytes) return end(() => reject(bodyTooLarge(filled + chunk.length, maxBytes)));
      if (filled + chunk.length > body.length) body = grown(body, filled, chunk.length);
      body.set(chunk, filled);
      filled += chunk.length;
    };
    const onEnd = (): void => end(() => resolve(filled === body.length ? body : body.slice(0, filled)));
    const onBroken = (): void => {
      const message = `the body ended after ${filled}${length === undefined ? '' : ` of ${length}`} bytes`;
      end(() => reject(httpErrors.error('http.body-incomplete', message)));
    };
    const onAbort = (): void => end(() => reject(signal?.reason as Error));
    const end = (how: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
      signal?.removeEventListener('abort', onAbort);
      how();
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  });
}

/** @throws EdgeError `http.bad-request` where the body is no JSON object; an empty body is an empty object. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = Buffer.from(await readBody(request, MAX_JSON_BYTES)).toString('utf8');
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw httpErrors.error(
    'http.bad-request',
    `the body must be a JSON object, got ${JSON.stringify(text.slice(0, 80))}`,
  );
}

export function bodyTooLarge(bytes: number, maxBytes: number) {
  const message = `the body has ${bytes} bytes or more, and ${maxBytes} are allowed`;
  return httpErrors.error('http.body-too-large', message, { facts: { bytes, maxBytes } });
}

const FIRST_BYTES = 256 * 1024;
const MAX_JSON_BYTES = 64 * 1024;

function grown(body: Uint8Array<ArrayBuffer>, filled: number, more: number): Uint8Array<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * body.length, filled + more)) as Uint8Array<ArrayBuffer>;
  larger.set(body.subarray(0, filled));
  return larger;
}
