import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { appErrors } from '../../errors.ts';
import type { LoadedImage } from '../../frame/frame.ts';
import { secretsOf, shownUrl, withoutSecrets } from '../shown-url.ts';
import { authorizerFor } from './authorization.ts';
import type { Authorizer, Login } from './authorization.ts';

export interface SnapshotClientOptions {
  /** May carry user and password. */
  readonly url: string;
  /** Over what the URL says; empty: none. */
  readonly username: string;
  readonly password: string;
  /** From the request to the last byte. */
  readonly timeoutMs: number;
  readonly maxBytes: () => number;
  readonly clock: Clock;
}

/** Asks a camera for the picture that it has now. */
export class SnapshotClient {
  readonly #options: SnapshotClientOptions;
  readonly #url: URL;
  readonly #shown: string;
  readonly #login: Login;
  #authorize: Authorizer | undefined;
  #validators: Readonly<Record<string, string>> = {};

  /** @throws TypeError where the URL is none; the configuration has been checked for that */
  constructor(options: SnapshotClientOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#shown = shownUrl(options.url);
    this.#login = {
      username: options.username === '' ? decodeURIComponent(this.#url.username) : options.username,
      password: options.password === '' ? decodeURIComponent(this.#url.password) : options.password,
    };
    this.#url.username = this.#url.password = '';
  }

  /**
   * The picture; undefined where the camera says that it is still the one before (ETag, Last-Modified).
   *
   * @throws EdgeError `source.snapshot-failed`, `source.snapshot-denied`, `source.file-too-large`; the signal's reason
   */
  async take(signal: AbortSignal): Promise<LoadedImage | undefined> {
    const { clock, timeoutMs } = this.#options;
    const ended = new AbortController();
    const onAbort = (): void => ended.abort(signal.reason);
    const cancel = clock.after(timeoutMs, () => ended.abort(this.#failed(`gave no answer within ${timeoutMs} ms`)));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      return await this.#exchange(ended.signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (ended.signal.aborted) throw ended.signal.reason;
      throw isEdgeError(thrown) ? thrown : this.#failed(`cannot be reached: ${causesOf(thrown)}`, thrown);
    } finally {
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #exchange(signal: AbortSignal): Promise<LoadedImage | undefined> {
    let response = await this.#ask(signal);
    if (response.status === 401 && this.#login.username !== '') {
      // The first challenge, or a nonce that has become too old.
      this.#authorize = authorizerFor(response.headers.get('www-authenticate') ?? '', this.#login);
      await response.body?.cancel();
      if (this.#authorize) response = await this.#ask(signal);
    }
    if (response.status === 304) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw this.#refused(response.status);
    }
    const bytes = await this.#read(response);
    this.#validators = validatorsOf(response.headers);
    const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? '';
    return { bytes, contentType: type.startsWith('image/') ? type : 'image/jpeg' };
  }

  #ask(signal: AbortSignal): Promise<Response> {
    const authorization = this.#authorize?.('GET', `${this.#url.pathname}${this.#url.search}`);
    const headers = { accept: 'image/*', ...this.#validators, ...(authorization ? { authorization } : {}) };
    return fetch(this.#url, { headers, signal });
  }

  async #read(response: Response): Promise<Uint8Array> {
    const maxBytes = this.#options.maxBytes();
    const announced = Number(response.headers.get('content-length') ?? 0);
    const parts: Uint8Array[] = [];
    let bytes = announced;
    if (bytes <= maxBytes) {
      bytes = 0;
      for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        bytes += part.length;
        if (bytes > maxBytes) break;
        parts.push(part);
      }
    } else await response.body?.cancel();
    if (bytes <= maxBytes) return Buffer.concat(parts);
    const message = `the picture of ${this.#shown} has more than the ${maxBytes} bytes that are read`;
    throw appErrors.error('source.file-too-large', message, { facts: { url: this.#shown, maxBytes } });
  }

  #refused(status: number): Error {
    const isDenied = status === 401 || status === 403;
    if (!isDenied) return this.#failed(`answered ${status}`);
    const message = `${this.#shown} answered ${status}: it wants another user or password`;
    return appErrors.error('source.snapshot-denied', message, { facts: { url: this.#shown, status } });
  }

  #failed(how: string, cause?: unknown): Error {
    const secrets = [...secretsOf(this.#options.url), this.#login.password];
    const message = withoutSecrets(`${this.#shown} ${how}`, secrets);
    return appErrors.error('source.snapshot-failed', message, { cause, facts: { url: this.#shown } });
  }
}

function validatorsOf(headers: Headers): Readonly<Record<string, string>> {
  const [tag, date] = [headers.get('etag'), headers.get('last-modified')];
  return { ...(tag === null ? {} : { 'if-none-match': tag }), ...(date === null ? {} : { 'if-modified-since': date }) };
}

/** fetch says "fetch failed"; the reason is its cause. */
function causesOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause === undefined
    ? messageOf(thrown)
    : messageOf(cause) || (cause as NodeJS.ErrnoException).code || 'failed';
}
