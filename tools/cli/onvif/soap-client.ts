import { messageOf, systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { authorizerFor } from '#packages/http';
import type { HttpLogin } from '#packages/http';
import { childrenOf, elementAt, readXml } from './read-xml.ts';
import type { XmlElement } from './read-xml.ts';
import { shownText } from './shown-text.ts';
import { usernameToken } from './username-token.ts';

export interface SoapClientOptions {
  /** Every request goes to this host, whatever addresses the camera names; `http://host:port`. */
  readonly origin: string;
  readonly login: HttpLogin | undefined;
  readonly signal: AbortSignal;
  readonly clock?: Clock;
  /** From the first byte of a request to the last of its answer. Default: 8,000. */
  readonly answerMs?: number;
}

/** Profiles of a recorder with 64 channels take about one. */
const MAX_ANSWER_BYTES = 4_000_000;
const ANSWER_MS = 8_000;
const SOAP = 'http://www.w3.org/2003/05/soap-envelope';

/** The camera answered, and the answer is no: `Sender: NotAuthorized`, `ActionNotSupported`, … */
export class SoapFault extends Error {
  override readonly name = 'SoapFault';
}

/** Asks one camera by SOAP 1.2 over HTTP, as ONVIF does. The answer is bounded in time and size. */
export class SoapClient {
  readonly #options: SoapClientOptions;
  readonly #clock: Clock;
  /** Milliseconds that the camera's clock is ahead. */
  #aheadMs = 0;

  constructor(options: SoapClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Digests are made for this time of the camera. @param time milliseconds since the epoch */
  setTime(time: number): void {
    this.#aheadMs = time - this.#clock.now();
  }

  /**
   * The first element in the body of the answer.
   *
   * @param path path and query of the service
   * @param body XML of the request
   * @param isOpen asked without a login
   * @throws SoapFault if the camera refuses; Error with what else went wrong
   */
  async ask(path: string, body: string, isOpen = false): Promise<XmlElement> {
    const { login } = this.#options;
    const header = login && !isOpen ? usernameToken(login, this.#clock.now() + this.#aheadMs) : '';
    const envelope = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
    const ended = new AbortController();
    const answerMs = this.#options.answerMs ?? ANSWER_MS;
    const cancel = this.#clock.after(answerMs, () => ended.abort(new Error(`no whole answer within ${answerMs} ms`)));
    const signal = AbortSignal.any([this.#options.signal, ended.signal]);
    try {
      return bodyOf(await this.#exchange(path, envelope, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      throw thrown;
    } finally {
      cancel();
    }
  }

  async #exchange(path: string, envelope: string, signal: AbortSignal): Promise<string> {
    const { login } = this.#options;
    const response = await this.#post(path, envelope, {}, signal);
    if (response.status !== 401) return textOf(response);
    const challenges = response.headers.get('www-authenticate') ?? '';
    const authorization = login && authorizerFor(challenges, login)?.('POST', path);
    // Basic would tell the password to whoever listens, and ONVIF does not have it.
    if (!authorization?.startsWith('Digest ')) return textOf(response);
    await response.body?.cancel();
    return textOf(await this.#post(path, envelope, { authorization }, signal));
  }

  async #post(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(new URL(path, this.#options.origin), {
      method: 'POST',
      headers: { 'content-type': 'application/soap+xml; charset=utf-8', ...headers },
      body,
      redirect: 'manual',
      signal,
    }).catch((thrown: unknown) => {
      const cause = thrown instanceof Error ? thrown.cause : undefined;
      throw new Error(`it cannot be reached: ${messageOf(cause ?? thrown)}`, { cause: thrown });
    });
    if (response.status < 300 || response.status > 399) return response;
    await response.body?.cancel();
    throw new Error(`it redirects (${response.status}), which is not followed`);
  }
}

async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    // Leaving the loop ends the transfer.
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer has more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString('utf8');
  if (response.ok || text.includes('Envelope')) return text;
  if (response.status === 401) throw new SoapFault('it refuses the login (401)');
  throw new Error(`it answers ${response.status}`);
}

function bodyOf(text: string): XmlElement {
  const [answer] = elementAt(readXml(text), 'Body')?.children ?? [];
  if (!answer) throw new Error('its answer is not SOAP');
  if (answer.name === 'Fault') throw new SoapFault(`it refuses: ${reasonOf(answer)}`);
  return answer;
}

function reasonOf(fault: XmlElement): string {
  const subcodes = [elementAt(fault, 'Code', 'Subcode'), elementAt(fault, 'Code', 'Subcode', 'Subcode')];
  const words = [
    elementAt(fault, 'Reason', 'Text')?.text,
    ...subcodes.flatMap((code) => childrenOf(code, 'Value').map(({ text }) => text)),
  ];
  return shownText(words.filter(Boolean).join(', ') || 'without a reason');
}
