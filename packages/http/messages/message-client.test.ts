import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage, MessageReader } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { createAgentClient } from '../agent-client.ts';
import type { AgentClient } from '../agent-client.ts';
import { reachableSocketPath } from '../socket-path.ts';

const PNG = { contentType: 'image/png' } as const;
const RESULT = { id: 'r', predictions: [] };

let folder: string;
let socketPath: string;
let clock: FakeClock;
let client: AgentClient;
let sockets: Set<Socket>;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'edgeml-messages-'));
  socketPath = join(folder, 'agent.sock');
  clock = new FakeClock();
  sockets = new Set();
  client = createAgentClient({ socketPath, messages: true, clock });
});
afterEach(async () => {
  client.close();
  await stop();
  rmSync(folder, { recursive: true });
});

async function listen(made: Server): Promise<void> {
  server = made;
  made.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => made.listen(reachableSocketPath(socketPath), resolve));
}

async function stop(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
}

interface Peer {
  readonly heads: Record<string, unknown>[];
  answer(message: object): void;
  hangUp(): void;
}

/** An agent that speaks messages, and does with them what the test says. */
async function speaking(onHead: (head: Record<string, unknown>, peer: Peer) => void): Promise<Peer[]> {
  const peers: Peer[] = [];
  await listen(
    createServer((socket) => {
      const peer: Peer = {
        heads: [],
        answer: (message) => encodeMessage(message).forEach((part) => socket.write(part)),
        hangUp: () => void socket.end(),
      };
      peers.push(peer);
      let isGreeted = false;
      const reader = new MessageReader(
        { headBytes: 10_000, blobBytes: 10_000 },
        {
          begin: (head) => {
            peer.heads.push(head as Record<string, unknown>);
            onHead(head as Record<string, unknown>, peer);
          },
          piece: () => undefined,
          end: () => undefined,
        },
      );
      socket.on('data', (chunk) => {
        if (isGreeted) return reader.push(chunk);
        isGreeted = true;
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      });
    }),
  );
  return peers;
}

const ask = (service = 'Parts') => client.invoke(service, Buffer.from('x'), PNG);

describe('a client that asks by messages', () => {
  it('asks an agent that does not know them by HTTP, and tries again after a minute', async () => {
    const asked: string[] = [];
    await listen(
      http.createServer((request, response) => {
        asked.push(`${request.method} ${request.url}`);
        request.resume();
        const [status, body] = request.method === 'GET' ? [404, {}] : [200, RESULT];
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }),
    );
    const invoke = 'POST /v1/services/Parts/invoke';
    expect(await ask()).toEqual(RESULT);
    expect(await client.invokeFile('Parts', '/a.jpg')).toEqual(RESULT);
    expect(asked).toEqual(['GET /v1/messages', invoke, invoke]);
    await clock.advance(60_000);
    expect(await ask()).toEqual(RESULT);
    expect(asked.slice(3)).toEqual(['GET /v1/messages', invoke]);
  });

  it('uses one connection, and takes answers as they come', async () => {
    const waiting: number[] = [];
    const peers = await speaking(({ id }, peer) => {
      waiting.push(id as number);
      if (waiting.length < 3) return;
      for (const one of waiting.reverse()) peer.answer({ id: one, result: { ...RESULT, id: String(one) } });
    });
    const ids = (await Promise.all([ask(), ask(), ask()])).map(({ id }) => id);
    expect(ids).toEqual(['1', '2', '3']);
    expect(peers).toHaveLength(1);
  });

  it('asks again on another connection if an idle one ends under a request', async () => {
    const peers = await speaking(({ id }, peer) => {
      if (peers.length === 1 && id !== 1) peer.hangUp();
      else peer.answer({ id, result: RESULT });
    });
    await ask();
    expect(await ask()).toEqual(RESULT);
    expect(peers).toHaveLength(2);
  });

  it('sends nothing more on a connection that the agent is about to end', async () => {
    const peers = await speaking(({ id }, peer) => {
      peer.answer({ id, result: RESULT });
      if (peers.length === 1) peer.answer({ closing: true });
    });
    await ask();
    await expect.poll(() => ask().then(() => peers.length)).toBe(2);
    expect(peers[0]?.heads.length).toBeLessThan(3);
  });

  it('says that it cannot reach the agent, that it broke off, and that it took too long', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'agent.unreachable', facts: { code: 'ENOENT' } });
    const peers = await speaking(({ service }, peer) => {
      if (service === 'broken') peer.hangUp();
    });
    await expect(ask('broken')).rejects.toMatchObject({ code: 'agent.connection-lost' });
    const slow = expect(ask('slow')).rejects.toMatchObject({ code: 'agent.timeout' });
    await expect.poll(() => peers.at(-1)?.heads.length).toBe(1);
    await clock.advance(30_000);
    await slow;
    await expect.poll(() => peers.at(-1)?.heads.at(-1)).toMatchObject({ id: 1, cancel: true });
  });

  it('rebuilds the error of the agent, and when to come back', async () => {
    const error = { code: 'admission.queue-full', message: 'full', todo: 'Wait.', status: 503, facts: { depth: 2 } };
    await speaking(({ id }, peer) => peer.answer({ id, error, retryAfterSeconds: 2 }));
    await expect(ask()).rejects.toMatchObject({ ...error, facts: { depth: 2, retryAfterMs: 2_000 } });
  });
});
