import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isEdgeError, maskCredentials, messageOf } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';
import { asModelName } from '../names.ts';
import type { FoundSource } from './source.ts';
import { unfold } from './unfold.ts';

/** A server that sends nothing for this long is given up. */
const SILENCE_MS = 30_000;

/**
 * A file on a web server. Its hash is its identity: nothing is asked of the server until it is fetched, and what differs is
 * refused before anything reads it.
 *
 * @param sha256 hexadecimal
 * @throws EdgeError `package-source.hash-missing`; from `fetch` `package-source.*`
 */
export function findHttps(url: string, sha256: string | undefined, maxBytes: number): FoundSource {
  const source = maskCredentials(url);
  if (sha256 === undefined)
    throw packagingErrors.error('package-source.hash-missing', `${source} is given without its hash`, {
      facts: { source },
    });
  const wanted = sha256.toLowerCase();
  const name = path.posix.basename(decodeURIComponent(new URL(url).pathname)) || 'model.onnx';
  return {
    identity: { uri: source, sha256: wanted },
    suggestedName: asModelName(name.replace(/(\.tar\.gz|\.tgz|\.zip|\.onnx)$/i, '')),
    async fetch(target, signal) {
      const file = path.join(target, 'download');
      requireHash(source, await download(url, source, file, maxBytes, signal), wanted);
      return unfold(file, name, path.join(target, 'content'), maxBytes, signal);
    },
  };
}

/** @throws EdgeError `package-source.wrong-hash` */
export function requireHash(source: string, found: string, wanted: string): void {
  if (found === wanted.toLowerCase()) return;
  throw packagingErrors.error('package-source.wrong-hash', `${source} has the SHA-256 ${found}, not ${wanted}`, {
    facts: { source, found, wanted },
  });
}

/** @returns SHA-256 of what came, hexadecimal */
async function download(
  url: string,
  source: string,
  file: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
  try {
    const ended = AbortSignal.any([signal, silence.signal]);
    const { address, authorization } = loginOf(url);
    const response = await fetch(address, { signal: ended, ...(authorization ? { headers: { authorization } } : {}) });
    if (!response.ok || !response.body) throw answerFailure(source, response.status);
    const hash = createHash('sha256');
    let bytes = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        timer.refresh();
        hash.update(chunk);
        bytes += chunk.length;
        done(bytes > maxBytes ? tooLarge(source, maxBytes) : null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body);
    await pipeline(body, counted, createWriteStream(file), { signal: ended });
    return hash.digest('hex');
  } catch (cause) {
    signal.throwIfAborted();
    if (isEdgeError(cause)) throw cause;
    const why = silence.signal.aborted ? messageOf(silence.signal.reason) : causesOf(cause);
    throw packagingErrors.error('package-source.unreachable', `${source} cannot be fetched: ${why}`, {
      cause,
      facts: { source },
    });
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` does not take a URL with a login in it. */
function loginOf(url: string): { readonly address: URL; readonly authorization?: string } {
  const address = new URL(url);
  const { username, password } = address;
  address.username = address.password = '';
  if (username === '') return { address };
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { address, authorization: `Basic ${Buffer.from(login).toString('base64')}` };
}

function answerFailure(source: string, status: number): Error {
  const code = status === 404 || status === 410 ? 'package-source.not-found' : 'package-source.unreachable';
  const message = `${source} cannot be fetched: the server answers with status ${status}`;
  return packagingErrors.error(code, message, { facts: { source, status } });
}

function tooLarge(source: string, maxBytes: number): Error {
  return packagingErrors.error('package-source.too-large', `${source} is over ${Math.round(maxBytes / 2 ** 20)} MB`, {
    facts: { source, maxBytes },
  });
}

/** The message of `fetch` alone is "fetch failed". */
function causesOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error && cause.message !== '' ? `${messageOf(thrown)}: ${cause.message}` : messageOf(thrown);
}
