import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AllowedHosts } from '../../allowed-hosts.ts';
import { HostGate } from './host-gate.ts';

describe('HostGate', () => {
  let camera: Server;
  let port: number;
  /** The requests that the camera saw. */
  let told: string;
  const gates: HostGate[] = [];

  beforeEach(async () => {
    told = '';
    camera = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        told += bytes.toString();
        socket.write('ICY 200 OK\n\npicture');
        if (/close/i.test(told)) socket.end();
      });
    }).listen(0, '127.0.0.1');
    await once(camera, 'listening');
    ({ port } = camera.address() as AddressInfo);
  });
  afterEach(() => {
    for (const gate of gates.splice(0)) gate.close();
    camera.close();
  });

  async function open(environment: NodeJS.ProcessEnv = {}): Promise<HostGate> {
    const gate = await HostGate.open({ hosts: new AllowedHosts('http://127.0.0.1/', ['camera.invalid']), environment });
    gates.push(gate);
    return gate;
  }

  /** The answer to a client that sends this. */
  async function say(gate: HostGate, ...words: readonly string[]): Promise<string> {
    const socket = connect(Number(new URL(gate.environment['http_proxy']!).port), '127.0.0.1');
    const answer = text(socket);
    for (const [index, word] of words.entries()) {
      if (index > 0) await once(socket, 'data');
      socket.write(word);
    }
    return answer;
  }

  it('passes requests on as a server takes them, and answers as they are', async () => {
    const one = `GET http://127.0.0.1:${port}/a?b HTTP/1.1\r\nHost: x\r\n\r\n`;
    const two = `GET http://127.0.0.1:${port} HTTP/1.1\r\nConnection: close\r\n\r\n`;
    expect(await say(await open(), one, two)).toBe('ICY 200 OK\n\npicture'.repeat(2));
    expect(told).toBe('GET /a?b HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  });

  it('makes tunnels', async () => {
    const answer = say(await open(), `CONNECT 127.0.0.1:${port} HTTP/1.1\r\n\r\n`, 'anything, then close');
    expect(await answer).toBe('HTTP/1.1 200 Connection established\r\n\r\nICY 200 OK\n\npicture');
    expect(told).toBe('anything, then close');
  });

  it('looks at each request of a connection', async () => {
    const gate = await open();
    const good = `GET http://127.0.0.1:${port}/ HTTP/1.1\r\n\r\n`;
    expect(await say(gate, good, `GET http://localhost:${port}/ HTTP/1.1\r\n\r\n`)).toContain('403 Forbidden');
    await say(gate, good, `GET http://127.0.0.1:${port + 1}/ HTTP/1.1\r\n\r\n`);
    expect(told).toBe('GET / HTTP/1.1\r\n\r\n'.repeat(2));
    expect(gate.refused).toEqual(['localhost']);
  });

  it.each([
    ['a host that is not allowed', 'GET http://localhost/ HTTP/1.1\r\n\r\n', '403 Forbidden'],
    ['a host behind a user', 'GET http://127.0.0.1:80@localhost/ HTTP/1.1\r\n\r\n', '403 Forbidden'],
    ['a tunnel to one', 'CONNECT localhost:443 HTTP/1.1\r\n\r\n', '403 Forbidden'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400 Bad Request'],
    ['something else', 'nonsense\r\n\r\n', '400 Bad Request'],
    ['a host that is not there', 'GET http://camera.invalid/ HTTP/1.1\r\n\r\n', '502 Bad Gateway'],
  ])('refuses %s', async (_what, request, status) => {
    expect(await say(await open(), request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status}`));
  });

  it('reads no request without an end', async () => {
    // The rest that was not read may make a reset of the end.
    const answer = say(await open(), `GET http://127.0.0.1/${'a'.repeat(100_000)}`).catch(() => '');
    expect(await answer).toBe('');
  });

  it('goes through the proxy of the device, but not to the hosts that it leaves out', async () => {
    const proxy = `http://user:word@127.0.0.1:${port}`;
    const request = (host: string): string => `GET http://${host}:${port}/ HTTP/1.1\r\nConnection: close\r\n\r\n`;
    const gate = await open({ http_proxy: proxy });
    expect(gate.environment['http_proxy']).toMatch(/^http:\/\/user:word@127\.0\.0\.1:\d+$/);
    await say(gate, request('camera.invalid'));
    expect(told).toBe(request('camera.invalid'));
    told = '';
    await say(await open({ http_proxy: proxy, no_proxy: 'example.com, .0.1' }), request('127.0.0.1'));
    expect(told).toBe('GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
  });
});
