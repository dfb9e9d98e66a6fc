import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EnvHttpProxyAgent, fetch } from 'undici';
import type { Response } from 'undici';
import { messageOf } from '#packages/foundation';
import { fileUrl, INDEX_TYPES } from './file-url.ts';
import type { PipSettings } from './pip-settings.ts';

/** A wheel of one exact content. */
export interface WheelPin {
  readonly project: string;
  readonly file: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** Time to reach the index and to get its page; no download takes longer from one piece to the next. */
const REACH_TIMEOUT_MS = 20_000;
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * Content of a wheel from the package index of this machine. Proxies are taken from the environment.
 * @throws Error if the index cannot be reached in 20 s, lacks the file or has other content under its name
 */
export async function fetchWheel(
  pin: WheelPin,
  settings: PipSettings,
  { reachTimeoutMs = REACH_TIMEOUT_MS, signal }: { reachTimeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Buffer> {
  const index = new URL(settings.indexUrl);
  const ca = settings.certificates === undefined ? {} : { ca: readFileSync(settings.certificates) };
  const connect = { timeout: reachTimeoutMs, ...ca };
  const dispatcher = new EnvHttpProxyAgent({
    headersTimeout: reachTimeoutMs,
    bodyTimeout: reachTimeoutMs,
    connect,
    requestTls: connect,
    proxyTls: connect,
  });
  const get = async (url: URL, timeoutMs: number, accept: string): Promise<Response> => {
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await fetch(withoutUser(url), {
      headers: { accept, ...authorization(url, index) },
      dispatcher,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (!response.ok) throw new Error(`${response.status} ${response.statusText} for ${withoutUser(url).href}`);
    return response;
  };
  try {
    const page = await get(new URL(`${pin.project}/`, index), reachTimeoutMs, INDEX_TYPES);
    const contentType = page.headers.get('content-type') ?? '';
    const url = fileUrl({ url: page.url, contentType, text: await page.text() }, pin.file);
    if (!url) throw new Error(`it does not list ${pin.file}`);
    const wheel = Buffer.from(await (await get(url, DOWNLOAD_TIMEOUT_MS, '*/*')).arrayBuffer());
    const found = createHash('sha256').update(wheel).digest('hex');
    if (found !== pin.sha256) throw new Error(`${pin.file} has the hash ${found}, ${pin.sha256} is pinned`);
    return wheel;
  } catch (cause) {
    const from = withoutUser(index).href;
    throw new Error(`cannot fetch ${pin.file} from ${from}: ${reasonOf(cause)}`, { cause });
  } finally {
    await dispatcher.destroy();
  }
}

function withoutUser(url: URL): URL {
  const plain = new URL(url);
  plain.username = plain.password = '';
  return plain;
}

/** The index often names its user for files on the same host, too. */
function authorization(url: URL, index: URL): { authorization?: string } {
  const { username, password } = url.username === '' && url.origin === index.origin ? index : url;
  if (username === '') return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

/** `fetch` says only "fetch failed"; what happened is its cause. */
function reasonOf(thrown: unknown): string {
  const { cause } = thrown as { cause?: unknown };
  return cause === undefined ? messageOf(thrown) : messageOf(cause);
}
