import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { KeyedSerial } from '#packages/foundation';
import { freePort } from '../process/free-port.ts';

/** The proxy's faults for requests that would write. */
export type ProxyFault =
  | 'none'
  /** Hangs up before anything is answered. */
  | 'hang-up'
  /** Lets the request through, and hangs up before the answer. */
  | 'lose-answer'
  /** Takes the request and never answers. */
  | 'silent'
  | 'slow-down'
  | 'internal-error'
  | 'access-denied'
  | 'expired-token'
  /** Answers every request with its own page and 200, as the login of a hotel's network does. */
  | 'captive-portal'
  /** A proxy's page of 404, which is not the store's. */
  | 'foreign-not-found'
  /** 412 from something that is not the store. */
  | 'foreign-precondition';

const XML_FAULTS: Partial<Record<ProxyFault, readonly [status: number, code: string, message: string]>> = {
  'slow-down': [503, 'SlowDown', 'Please reduce your request rate.'],
  'internal-error': [500, 'InternalError', 'We encountered an internal error. Please try again.'],
  'access-denied': [403, 'AccessDenied', 'Access Denied'],
  'expired-token': [400, 'ExpiredToken', 'The provided token has expired.'],
};

const PAGES: Partial<Record<ProxyFault, number>> = {
  'captive-portal': 200,
  'foreign-not-found': 404,
  'foreign-precondition': 412,
};

export interface FaultProxy {
  readonly url: string;
  fault: ProxyFault;
  /** Requests with bodies of other regions than this are redirected to it; undefined: any region will do. */
  region: string | undefined;
  /** A slow store: requests that would write wait this long before anything is done with them. Default 0. */
  delayMs: number;
  /** Whether `If-None-Match: *` is understood; else it is answered with 501. */
  conditions: boolean;
  /** PUT requests that came in, and bytes of their bodies. */
  readonly seen: { requests: number; bytes: number };
  /** How often each object was really stored. */
  readonly stored: ReadonlyMap<string, number>;
  /** Access keys in the order of use. */
  readonly keysUsed: readonly string[];
  /** Refuses connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP proxy in front of an S3 server that misbehaves as networks and S3 do. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const stored = new Map<string, number>();
  const keysUsed: string[] = [];
  const seen = { requests: 0, bytes: 0 };
  const held = new Set<ServerResponse>();
  /** One at a time for each object: the store decides on conditions and writes in one step. */
  const turns = new KeyedSerial();

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request, seen);
    const path = request.url ?? '';
    const page = PAGES[proxy.fault];
    if (page !== undefined) {
      if (request.method === 'PUT') seen.requests++;
      response.writeHead(page, { 'content-type': 'text/html' }).end('<html><body><p>Please log in</body></html>');
      return;
    }
    if (request.method === 'PUT') {
      seen.requests++;
      keysUsed.push(/Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '');
      if (proxy.delayMs > 0) await setTimeout(proxy.delayMs);
      if (proxy.fault === 'hang-up') return void request.socket.destroy();
      if (proxy.fault === 'silent') return void held.add(response);
      const fault = XML_FAULTS[proxy.fault];
      if (fault) return answerXml(response, ...fault);
      if (proxy.region !== undefined && !(request.headers.authorization ?? '').includes(`/${proxy.region}/s3/`)) {
        response.setHeader('x-amz-bucket-region', proxy.region);
        return answerXml(response, 301, 'PermanentRedirect', 'The bucket is in another region.');
      }
      if (request.headers['if-none-match'] === '*') {
        if (!proxy.conditions)
          return answerXml(response, 501, 'NotImplemented', 'A header you provided is not implemented.');
        if (stored.has(objectOf(path)))
          return answerXml(response, 412, 'PreconditionFailed', 'At least one of the preconditions did not hold.');
      }
    }
    const answer = await forward(upstream, request, body);
    if (request.method === 'PUT' && answer.status === 200)
      stored.set(objectOf(path), (stored.get(objectOf(path)) ?? 0) + 1);
    if (request.method === 'PUT' && proxy.fault === 'lose-answer') return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  };

  const server = http.createServer((request, response) => {
    const taken = request.method === 'PUT' && proxy.fault !== 'silent';
    const answered = taken
      ? turns.run(objectOf(request.url ?? ''), () => handle(request, response))
      : handle(request, response);
    void answered.catch(() => request.socket.destroy());
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  // It comes back on the same port, which nobody may have got meanwhile.
  const port = await freePort();
  await listen(port);

  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${port}`,
    fault: 'none',
    region: undefined,
    delayMs: 0,
    conditions: true,
    seen,
    stored,
    keysUsed,
    down: stop,
    up: () => listen(port),
    close: async () => {
      for (const response of held) response.destroy();
      if (server.listening) await stop();
    },
  };
  return proxy;
}

function objectOf(path: string): string {
  return path.replace(/\?.*$/, '');
}

async function bodyOf(request: IncomingMessage, seen: { bytes: number }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    seen.bytes += request.method === 'PUT' ? chunk.length : 0;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function forward(upstream: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { 'if-none-match': _condition, ...headers } = request.headers;
    const outgoing = http.request(
      `${upstream}${request.url}`,
      { method: request.method, headers: { ...headers, connection: 'close' } },
      (incoming) => {
        void bodyOf(incoming, { bytes: 0 }).then(
          (data) => resolve({ status: incoming.statusCode ?? 502, headers: incoming.headers, body: data }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function answerXml(response: ServerResponse, status: number, code: string, message: string): void {
  const xml = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() }).end(xml);
}
