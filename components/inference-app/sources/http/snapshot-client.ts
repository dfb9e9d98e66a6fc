import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { authorizerFor } from '#packages/http';
import type { Authorizer } from '#packages/http';

import { appErrors } from '../../errors.ts';
import type { LoadedImage } from '../../frame/frame.ts';
import { secretsOf, shownUrl, withoutSecrets } from '../shown-url.ts';
import type { AllowedHosts } from '../allowed-hosts.ts';
import { secretsOfLogin } from '../login/login.ts';
import type { Login } from '../login/login.ts';

export interface SnapshotClientOptions {
  /** May carry user and password. */
  readonly url: string;
  /** In place of the login in the URL; undefined: none. Asked at the first picture, and again when the camera has refused. */
  readonly readLogin: () => Promise<Login | undefined>;
  /** Hosts to which redirects may lead. */
  readonly hosts: AllowedHosts;
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
  /** The login in the URL. */
  readonly #ownLogin: Login;
  #login: Login | undefined;
  #authorize: Authorizer | undefined;
  #validators: Readonly<Record<string, string>> = {};

  /** @throws TypeError if the URL is none; the configuration has been checked for that */
  constructor(options: SnapshotClientOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    this.#shown = shownUrl(options.url);
    this.#ownLogin = {
      username: decodeURIComponent(this.#url.username),
      password: decodeURIComponent(this.#url.password),
    };
    this.#url.username = this.#url.password = '';
  }

  /**
   * The picture; undefined if the camera says that it is still the one before (ETag, Last-Modified).
   *
   * @throws EdgeError `source.snapshot-failed`, `source.snapshot-denied`, `source.no-credentials`, `source.redirect-refused`,
   * `source.file-too-large`; the signal's reason
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
    const login = (this.#login ??= (await this.#options.readLogin()) ?? this.#ownLogin);
    let response = await this.#ask(signal);
    if (response.status === 401 && login.username !== '') {
      // The first challenge, or a nonce that has become too old.
      this.#authorize = authorizerFor(response.headers.get('www-authenticate') ?? '', login);
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

  /** Follows redirects to hosts that are allowed; only the camera is told its password. */
  async #ask(signal: AbortSignal): Promise<Response> {
    let url = this.#url;
    for (let redirects = 0; ; redirects++) {
      const isCamera = url.host === this.#url.host && url.protocol === this.#url.protocol;
      const authorization = isCamera ? this.#authorize?.('GET', `${url.pathname}${url.search}`) : undefined;
      const headers = { accept: 'image/*', ...this.#validators, ...(authorization ? { authorization } : {}) };
      const response = await fetch(url, { headers, signal, redirect: 'manual' });
      const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
      if (location === null) return response;
      await response.body?.cancel();
      url = this.#followed(location, url, redirects);
    }
  }

  #followed(location: string, from: URL, redirects: number): URL {
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && from.protocol === 'http:');
    if (url && isSafe && redirects < MAX_REDIRECTS && this.#options.hosts.has(url.hostname)) return url;
    const where = url ? shownUrl(`${url.protocol}//${url.host}`) : 'something that is not a URL';
    const message = `${this.#shown} redirects to ${where}, which is not followed: ${this.#whyNot(url, isSafe, redirects)}`;
    throw appErrors.error('source.redirect-refused', message, {
      facts: { url: this.#shown, host: url?.hostname ?? '' },
    });
  }

  #whyNot(url: URL | undefined, isSafe: boolean, redirects: number): string {
    if (!url) return 'the camera must name a URL';
    if (!isSafe) return 'only http:// and https:// are, and https:// never leads back to http://';
    if (redirects >= MAX_REDIRECTS) return `${MAX_REDIRECTS} redirects one after the other are enough`;
    return `add ${url.hostname} to AllowedHosts of the source if that is right`;
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
    this.#login = this.#authorize = undefined;
    const message = `${this.#shown} answered ${status}: it wants another user or password`;
    return appErrors.error('source.snapshot-denied', message, { facts: { url: this.#shown, status } });
  }

  #failed(how: string, cause?: unknown): Error {
    const secrets = [...secretsOf(this.#options.url), ...(this.#login ? secretsOfLogin(this.#login) : [])];
    const message = withoutSecrets(`${this.#shown} ${how}`, secrets);
    return appErrors.error('source.snapshot-failed', message, { cause, facts: { url: this.#shown } });
  }
}

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MAX_REDIRECTS = 5;

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
