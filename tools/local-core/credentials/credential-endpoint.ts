import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { listenOnPort } from '#packages/http';
import { CredentialCache } from './credential-cache.ts';
import { coreErrors } from '../errors.ts';
import type { CredentialProvider, Credentials } from './provider.ts';

const PATH = '/2016-11-01/credentialprovider/';
const FETCH_TIMEOUT_MS = 30_000;

export interface CredentialEndpoint {
  /** For `AWS_CONTAINER_CREDENTIALS_FULL_URI`. */
  readonly url: string;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface CredentialEndpointOptions {
  /** Component that holds the token, `NucleusPort.componentOfToken`. */
  readonly componentOfToken: (token: string) => string | undefined;
  readonly provider: CredentialProvider;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: 0, any free one. */
  readonly port?: number;
}

/**
 * The token exchange service: AWS SDKs in components fetch their credentials here, with the component's SVCUID in
 * `Authorization`. Answers as the nucleus does: 403 for an unknown token, 405 and 400 for another method or path, 504
 * where the provider takes longer than 30 s, 500 where it fails. Throws `credentials.listen`.
 */
export async function startCredentialEndpoint(options: CredentialEndpointOptions): Promise<CredentialEndpoint> {
  const cache = new CredentialCache(options.provider, options.clock);
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    void answer(request, options, (signal) => cache.get(signal), stopping.signal).then((reply) =>
      send(response, reply),
    );
  });
  const port = await listenOnPort(server, 'localhost', options.port ?? 0).catch((cause: unknown) => {
    const message = `the credential endpoint ${messageOf(cause)}`;
    throw coreErrors.error('credentials.listen', message, { cause });
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopping.abort();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://localhost:${port}${PATH}`, close: () => (closing ??= close()) };
}

interface Reply {
  readonly status: number;
  readonly body?: string;
}

type Fetch = (signal: AbortSignal) => Promise<Credentials>;

async function answer(
  request: IncomingMessage,
  { componentOfToken, clock, log }: CredentialEndpointOptions,
  fetch: Fetch,
  stopping: AbortSignal,
): Promise<Reply> {
  if (request.method !== 'GET') return { status: 405 };
  if (request.url?.split('?')[0] !== PATH) return { status: 400 };
  const component = componentOfToken(request.headers.authorization ?? '');
  if (component === undefined) {
    log.info({}, 'credentials.denied');
    return { status: 403 };
  }
  const limit = new AbortController();
  const cancel = clock.after(FETCH_TIMEOUT_MS, () => limit.abort());
  try {
    const credentials = await withLimit(fetch, AbortSignal.any([limit.signal, stopping]));
    log.debug({ component }, 'credentials.given');
    return { status: 200, body: toBody(credentials) };
  } catch (error) {
    if (limit.signal.aborted) return { status: 504 };
    log.warn({ component, error: messageOf(error) }, 'credentials.failed');
    return { status: 500, body: `Failed to get credentials: ${messageOf(error)}` };
  } finally {
    cancel();
  }
}

/** Rejects when the signal fires, even if the provider does not heed it. */
async function withLimit(fetch: Fetch, signal: AbortSignal): Promise<Credentials> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new Error('aborted'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([fetch(signal), aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The form that the container credential provider of AWS SDKs reads. */
function toBody({ accessKeyId, secretAccessKey, sessionToken, expiresAt }: Credentials): string {
  return JSON.stringify({
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Expiration: new Date(expiresAt).toISOString(),
    Token: sessionToken,
  });
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, body === undefined ? {} : { 'content-type': 'application/json' });
  response.end(body);
}
