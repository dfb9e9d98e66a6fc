import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EdgeError } from '#packages/foundation';
import type { ActivateProgress } from './api/agent-api.ts';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { createAgentClient } from './agent-client.ts';
import type { AgentClient } from './agent-client.ts';
import { administrationSocketBeside, reachableSocketPath } from './socket-path.ts';

let folder: string;
let socketPath: string;
let servers: Server[];
let clients: AgentClient[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeml-http-'));
  socketPath = join(folder, 'agent.sock');
  servers = [];
  clients = [];
});

afterEach(async () => {
  clients.forEach((client) => client.close());
  await Promise.all(servers.map(stop));
  rmSync(folder, { recursive: true });
});

async function serve(listener: RequestListener, at = socketPath): Promise<Server> {
  const server = http.createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(at, resolve));
  return server;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function connect(options: { timeoutMs?: number; clock?: FakeClock } = {}): AgentClient {
  const client = createAgentClient({ socketPath, ...options });
  clients.push(client);
  return client;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const answer = (response: ServerResponse, status: number, body: unknown, headers = {}): void =>
  void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const image = Buffer.alloc(200_000, 7);
const done: ActivateProgress = {
  phase: 'done',
  model: { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1, hash: 'ab' },
  unchanged: false,
  swapGapMs: 0.1,
  requestsLost: 0,
  provider: 'cpu',
  variant: 'model.onnx',
};

describe('AgentClient', () => {
  it('sends the image with its type and deadline, over one kept connection', async () => {
    const seen: object[] = [];
    const server = await serve((request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ url: request.url, method: request.method, headers: request.headers, bytes: body.length });
        answer(response, 200, { id: 'r1', predictions: [] });
      });
    });
    let connections = 0;
    server.on('connection', () => connections++);
    const client = connect();

    const result = await client.invoke('Parts', image, { contentType: 'image/jpeg', deadlineMs: 500 });
    await client.invoke('Parts', image, { contentType: 'image/png' });

    expect(result).toEqual({ id: 'r1', predictions: [] });
    expect(connections).toBe(1);
    expect(seen).toMatchObject([
      {
        url: '/v1/services/Parts/invoke',
        method: 'POST',
        bytes: 200_000,
        headers: { 'content-type': 'image/jpeg', 'x-edgeml-deadline-ms': '500' },
      },
      { headers: { 'content-type': 'image/png' } },
    ]);
  });

  it('rebuilds the error that the agent sent, and when to come back', async () => {
    const wire = {
      code: 'service.not-found',
      message: 'no model "X"',
      todo: 'Deploy it.',
      status: 404,
      facts: { alias: 'X' },
    };
    await serve(
      (_, response) => answer(response, 404, { error: wire }, { 'retry-after': '2' }),
      join(folder, 'admin.sock'),
    );

    const error = await connect()
      .retire('X')
      .catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(EdgeError);
    expect(error).toMatchObject({ ...wire, facts: { alias: 'X', retryAfterMs: 2000 } });
  });

  it('says that nobody listens when the socket is missing', async () => {
    await expect(connect().models()).rejects.toMatchObject({
      code: 'agent.unreachable',
      message: expect.stringContaining(socketPath) as string,
      facts: { code: 'ENOENT' },
    });
  });

  it('finds the agent again after a restart, also on a connection that the old one left behind', async () => {
    const first = await serve((_, response) => answer(response, 200, []));
    const client = connect();
    await client.models();
    await stop(first);

    await expect(client.models()).rejects.toMatchObject({ code: 'agent.unreachable' });
    await serve((_, response) => answer(response, 200, [{ alias: 'Parts' }]));

    expect(await client.models()).toEqual([{ alias: 'Parts' }]);
  });

  it('repeats a request once when the kept connection was closed just as it was taken', async () => {
    let requests = 0;
    await serve((request, response) => {
      requests++;
      if (requests === 2) request.socket.destroy();
      else answer(response, 200, []);
    });
    const client = connect();

    await client.models();

    expect(await client.models()).toEqual([]);
    expect(requests).toBe(3);
  });

  it('reports a connection that breaks inside the answer', async () => {
    await serve((request, response) => {
      response.writeHead(200, { 'content-length': 1000 });
      response.write('[', () => request.socket.destroy());
    });

    await expect(connect().models()).rejects.toMatchObject({ code: 'agent.connection-lost', status: 503 });
  });

  it('gives up after the time-out, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const arrived = new Promise<void>((resolve) => void serve(() => resolve()));
    while (servers.length === 0 || !servers[0]?.listening) await new Promise(setImmediate);
    const pending = connect({ clock }).health({ timeoutMs: 5_000 });
    const outcome = expect(pending).rejects.toMatchObject({ code: 'agent.timeout', status: 504 });

    await arrived;
    expect(clock.pending).toBe(1);
    await clock.advance(5_000);

    await outcome;
    expect(clock.pending).toBe(0);
  });

  it('stops when the caller does', async () => {
    const controller = new AbortController();
    const reason = new Error('no longer wanted');
    await serve(() => controller.abort(reason));

    await expect(connect().models({ signal: controller.signal })).rejects.toBe(reason);
    await expect(connect().models({ signal: controller.signal })).rejects.toBe(reason);
  });

  it.each(['<html>', '"text"', ''])('refuses %j as an answer', async (body) => {
    await serve((_, response) => void response.writeHead(200).end(body));

    await expect(connect().models()).rejects.toMatchObject({ code: 'agent.bad-answer', status: 502 });
  });

  it('refuses a failure without an error body', async () => {
    await serve((_, response) => void response.writeHead(500).end('{}'));

    await expect(connect().metrics()).rejects.toMatchObject({ code: 'agent.bad-answer' });
  });

  it('passes health on, also when the agent is not ready', async () => {
    await serve((_, response) => answer(response, 503, { status: 'starting', services: [] }));

    expect(await connect().health()).toEqual({ status: 'starting', services: [] });
  });

  it('reads metrics as text', async () => {
    await serve((_, response) => void response.end('edgeml_requests_total 1\n'));

    expect(await connect().metrics()).toBe('edgeml_requests_total 1\n');
  });
});

describe('AgentClient.activate', () => {
  const lines = [
    { phase: 'verify', message: 'häshes' },
    { phase: 'load', message: 'cpu' },
  ];

  async function activateWith(last: object | undefined, onProgress?: (progress: ActivateProgress) => void) {
    await serve(
      (_, response) => {
        const text = [...lines, ...(last ? [last] : [])].map((line) => JSON.stringify(line)).join('\n');
        const bytes = Buffer.from(text);
        // Cut inside the two bytes of "ä": lines and letters must survive any cut.
        const cut = bytes.indexOf(0xc3) + 1;
        response.write(bytes.subarray(0, cut), () => response.end(bytes.subarray(cut)));
      },
      join(folder, 'admin.sock'),
    );
    return connect().activate({ path: '/models/Parts' }, onProgress ? { onProgress } : {});
  }

  it('tells the progress line by line and resolves with the last', async () => {
    const seen: ActivateProgress[] = [];

    expect(await activateWith(done, (progress) => seen.push(progress))).toEqual(done);
    expect(seen).toEqual([...lines, done]);
  });

  it('rejects with the reason when activation failed', async () => {
    const error = { code: 'model.golden-mismatch', message: 'off by 0.4', todo: 'Retrain.', status: 422, facts: {} };

    await expect(activateWith({ phase: 'failed', error })).rejects.toMatchObject(error);
  });

  it('rejects when the progress just ends', async () => {
    await expect(activateWith(undefined)).rejects.toMatchObject({
      code: 'agent.bad-answer',
      message: expect.stringContaining('"load"') as string,
    });
  });

  it('rejects with what the listener throws', async () => {
    const thrown = new Error('listener');

    await expect(
      activateWith(done, () => {
        throw thrown;
      }),
    ).rejects.toBe(thrown);
  });
});

describe('the two sockets of an agent', () => {
  const heard: string[] = [];
  const listen =
    (name: string): RequestListener =>
    ({ method, url }, response) => {
      heard.push(`${name}: ${method} ${url}`);
      answer(response, 200, {});
    };

  it('get each what is theirs', async () => {
    heard.length = 0;
    await serve(listen('inference'));
    await serve(listen('administration'), join(folder, 'admin.sock'));
    const client = connect();

    await client.invoke('Parts', image, { contentType: 'image/jpeg' });
    await client.models();
    await client.retire('Parts', { path: '/models/Parts' });
    await client.rollback('Parts');

    expect(heard).toEqual([
      'inference: POST /v1/services/Parts/invoke',
      'inference: GET /v1/models',
      'administration: POST /v1/models/Parts/retire',
      'administration: POST /v1/models/Parts/rollback',
    ]);
  });

  it.each([
    ['/work/edgeml.InferenceAgent/agent.sock', '/work/edgeml.InferenceAgent/admin.sock'],
    ['../edgeml.InferenceAgent/agent.sock', '../edgeml.InferenceAgent/admin.sock'],
    ['agent.sock', 'admin.sock'],
    ['C:\\work\\edgeml.InferenceAgent\\agent.sock', 'C:\\work\\edgeml.InferenceAgent\\admin.sock'],
  ])('beside %s is %s', (one, other) => {
    expect(administrationSocketBeside(one)).toBe(other);
  });
});

describe('reachableSocketPath', () => {
  const deep = join('/', ...Array.from({ length: 12 }, () => 'long-folder'));

  it('leaves short paths and named pipes alone', () => {
    expect(reachableSocketPath('/run/agent.sock')).toBe('/run/agent.sock');
    const pipe = `\\\\.\\pipe\\${'x'.repeat(150)}`;
    expect(reachableSocketPath(pipe)).toBe(pipe);
  });

  it('makes one pipe of each path on Windows, for server and client alike', () => {
    const pipe = `\\\\.\\pipe\\c-greengrass-v2-work-edgeml.inferenceagent-agent.sock`;
    const work = String.raw`C:\greengrass\v2\work\edgeml.InferenceAgent`;
    expect(reachableSocketPath('agent.sock', work, 'win32')).toBe(pipe);
    expect(reachableSocketPath(`${work}\\Agent.sock`, String.raw`C:\Windows`, 'win32')).toBe(pipe);
  });

  it('goes by the relative path where the absolute one is too long', () => {
    const path = join(deep, 'edgeml.InferenceAgent', 'agent.sock');

    expect(reachableSocketPath(path, join(deep, 'edgeml.InferenceApp'))).toBe('../edgeml.InferenceAgent/agent.sock');
  });

  it('says so when no form is short enough', () => {
    expect(() => reachableSocketPath(join(deep, 'agent.sock'), '/')).toThrow(
      expect.objectContaining({ code: 'socket.path-too-long' }) as Error,
    );
  });

  it('really connects over a path that is too long', async () => {
    const long = join(folder, 'x'.repeat(120));
    mkdirSync(long);
    const before = process.cwd();
    process.chdir(long);
    try {
      socketPath = join(long, 'agent.sock');
      const server = http.createServer((_, response) => answer(response, 200, []));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(reachableSocketPath(socketPath), resolve));
      expect(await connect().models()).toEqual([]);
    } finally {
      process.chdir(before);
    }
  });
});
