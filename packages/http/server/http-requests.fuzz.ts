import { ok } from 'node:assert';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { entry, errorCatalog, silentLogger } from '#packages/foundation';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { readBody } from './read-body.ts';
import { startSocketServer } from './http-server.ts';
import type { SocketServer } from './http-server.ts';
import { createRouter } from './router.ts';
import { sendJson } from './send.ts';

const REQUEST =
  'POST /v1/services/A/invoke HTTP/1.1\r\nhost: a\r\ncontent-type: image/jpeg\r\ncontent-length: 4\r\n\r\nabcd';
const CHUNKED =
  'POST /v1/services/%41/invoke?x=1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n';
const GET = 'GET /healthz HTTP/1.1\r\nhost: a\r\nx-edgeml-deadline-ms: 100\r\n\r\n';
const MAX_BODY = 1_000;

const fuzzErrors = errorCatalog({
  'fuzz.no-route': entry({ status: 404, todo: '-' }),
  'fuzz.method': entry({ status: 405, todo: '-' }),
  'fuzz.path': entry({ status: 400, todo: '-' }),
  'fuzz.too-large': entry({ status: 413, todo: '-' }),
});

interface Running {
  readonly folder: string;
  readonly socket: string;
  readonly server: SocketServer;
  /** Errors that no route meant. */
  readonly faults: unknown[];
}

let running: Promise<Running> | undefined;

/** Bytes on a connection of the very server that all components use; the client says that it is done after them. */
const target: FuzzTarget = {
  about: 'requests by HTTP on the sockets of all components: lines, headers, bodies',
  dictionary: [
    '\r\n',
    '\r\n\r\n',
    'Transfer-Encoding: chunked',
    'Content-Length: ',
    'Expect: 100-continue',
    'Upgrade: h2c',
    'Connection: close',
    'HEAD',
    '%00',
    '%ff',
    '//',
    ' HTTP/1.0',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '{braces}',
  ],
  seeds: () => [REQUEST, CHUNKED, GET, GET + REQUEST].map((text) => Uint8Array.from(Buffer.from(text))),
  async run(bytes) {
    const { socket, faults } = await (running ??= start());
    const client = connect({ path: socket, allowHalfOpen: true });
    const answer: Buffer[] = [];
    client.on('data', (piece: Buffer) => answer.push(piece)).on('error', () => undefined);
    client.end(bytes);
    await once(client, 'close');
    const text = Buffer.concat(answer).toString('latin1');
    // Node.js answers what asks to continue at once.
    const answers = /^(HTTP\/1\.1 100 Continue\r\n\r\n)*HTTP\/1\.1 [2-5]\d\d /;
    ok(text === '' || answers.test(text), `it answered ${JSON.stringify(text.slice(0, 80))}`);
    ok(!/^HTTP\/1\.1 500 /m.test(text), `it answered ${text.slice(0, 300)}`);
    ok(faults.length === 0, `a fault of ours: ${String(faults.splice(0).map((fault) => (fault as Error).stack))}`);
  },
  async close() {
    const { folder, server } = (await running) ?? {};
    running = undefined;
    await server?.close(0);
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  },
};
export default target;

async function start(): Promise<Running> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'edgeml-fuzz-http-'));
  const faults: unknown[] = [];
  const log = { ...silentLogger, error: ({ error: fault }: { error: unknown }) => void faults.push(fault) };
  const router = createRouter(
    [
      {
        method: 'POST',
        path: '/v1/services/{service}/invoke',
        async handle(request, response, service) {
          const body = await readBody(request, MAX_BODY, () => fuzzErrors.error('fuzz.too-large', 'too large'));
          sendJson(response, 200, { service, bytes: body.length });
        },
      },
      { method: 'GET', path: '/healthz', handle: (_request, response) => sendJson(response, 200, {}) },
    ],
    {
      errors: {
        noRoute: (message) => fuzzErrors.error('fuzz.no-route', message),
        methodNotAllowed: (message, { allow }) => fuzzErrors.error('fuzz.method', `${message} ${allow}`),
        badPath: (message) => fuzzErrors.error('fuzz.path', message),
      },
      log: log,
    },
  );
  const socket = path.join(folder, 'api.sock');
  return { folder, socket, faults, server: await startSocketServer(socket, router) };
}
