import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askSocket } from '../../../testing/agent/ask-socket.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** Situations that kept honest clients out when requests were counted by the size that they announce. Real sockets, default settings, held time. */
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let clock: FakeClock;
let started: InProcessAgent;
let hostile: Socket[];

async function start(configuration: object = {}): Promise<void> {
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], configuration);
  const work = join(folder.path, 'work');
  await mkdir(work);
  started = await startInProcess(work, nucleus, clock);
  await started.client.activate({ path: await writePackage(join(folder.path, 'Parts'), { version: '1.0.0' }) });
}

beforeEach(async () => {
  folder = await temporaryFolder();
  clock = new FakeClock();
  hostile = [];
});
afterEach(async () => {
  for (const socket of hostile) socket.destroy();
  await started.close();
  await folder.remove();
});

/** So many connections, one after the other, that send these words and nothing more. */
async function keepBusy(count: number, words?: string): Promise<void> {
  for (let made = 0; made < count; made++) {
    const socket = connect(started.agent.socketPath).on('error', () => undefined);
    hostile.push(socket);
    await once(socket, 'connect');
    if (words !== undefined) socket.write(words);
  }
}

const head = (...lines: readonly string[]): string =>
  ['POST /v1/services/Parts/invoke HTTP/1.1', 'Host: x', ...lines, '', ''].join('\r\n');
const CHUNKED = head('Transfer-Encoding: chunked');
const LARGE = head(`Content-Length: ${32 * 1024 ** 2}`);

/** A photo of 17 kB without Content-Length. */
const PHOTO = Buffer.alloc(17_000, 'x');
const askModel = () =>
  askSocket(
    started.agent.socketPath,
    { method: 'POST', path: '/v1/services/Parts/invoke', body: PHOTO },
    { 'transfer-encoding': 'chunked' },
  );
const answers = async (count: number): Promise<readonly number[]> =>
  (await Promise.all(Array.from({ length: count }, askModel))).map(({ status }) => status);
const allOf = (count: number, status: number): readonly number[] => Array.from({ length: count }, () => status);
const health = async (socket: string) => (await askSocket(socket, { method: 'GET', path: '/healthz' })).status;
const metric = async (line: string): Promise<void> => expect.poll(() => started.client.metrics()).toContain(line);

describe('honest clients are answered', () => {
  it.each([
    ['do not say how much will come', CHUNKED],
    ['announce 32 MB', LARGE],
  ])('while four requests that %s send nothing', async (_what, words) => {
    await start();
    await keepBusy(4, words);
    expect(await answers(16)).toEqual(allOf(16, 200));
  });

  it('16 of them with 17 kB in chunks each, at once', async () => {
    await start();
    expect(await answers(16)).toEqual(allOf(16, 200));
    await metric('edgeml_buffered_bytes 0');
  });

  it('while 64 uploads stand still, as many as a queue holds', async () => {
    await start();
    await keepBusy(64, `${CHUNKED}4\r\nhalf\r\n`);
    await metric(`edgeml_buffered_bytes ${64 * 4}`);
    expect(await answers(16)).toEqual(allOf(16, 200));
    await metric('edgeml_queue_depth{service="Parts"} 0');
  });

  it('while 512 connections and a hundred more ask nothing', async () => {
    await start();
    await keepBusy(612);
    expect(await health(started.agent.socketPath)).toBe(200);
    expect(await answers(16)).toEqual(allOf(16, 200));
    expect(await started.client.rollback('Parts').catch((error: unknown) => error)).toMatchObject({
      code: 'model.no-previous',
    });
  });

  it('while 512 uploads stand still: health and administration at once, models a quarter of a second later', async () => {
    await start();
    await keepBusy(512, `${CHUNKED}4\r\nhalf\r\n`);
    await metric(`edgeml_buffered_bytes ${512 * 4}`);
    expect(await health(started.agent.socketPath)).toBe(200);
    expect(await health(started.agent.adminSocketPath)).toBe(200);
    await clock.advance(250);
    expect(await answers(8)).toEqual(allOf(8, 200));
  });

  it('while others fill the memory with bodies that they do not finish', async () => {
    await start({ MaxBufferedMB: 1, MinUploadKBps: 0 });
    const part = `${(256 * 1024).toString(16)}\r\n${'x'.repeat(256 * 1024)}\r\n`;
    await keepBusy(4, CHUNKED + part);
    await metric(`edgeml_buffered_bytes ${1024 ** 2}`);
    expect((await askModel()).error).toMatchObject({ code: 'admission.memory-full' });
    await clock.advance(500);
    expect(await answers(4)).toEqual(allOf(4, 200));
    await metric('edgeml_requests_rejected_total{service="Parts",reason="displaced"} 1');
  });
});

describe('a client that does not go on', () => {
  it('is told that it is too slow, and holds nothing any more', async () => {
    await start();
    await keepBusy(1, `${CHUNKED}4\r\nhalf\r\n`);
    await metric('edgeml_buffered_bytes 4');
    const answer = once(hostile[0]!.setEncoding('utf8'), 'data');
    await clock.advance(4_000);
    expect(String(await answer)).toMatch(/^HTTP\/1\.1 408 [^]*"http\.too-slow"/);
    await metric('edgeml_buffered_bytes 0');
    await metric('edgeml_connections_guarded_total{socket="inference",reason="slow"} 1');
  });

  it('has as long as it wants if MinUploadKBps is 0', async () => {
    await start({ MinUploadKBps: 0, LocalInferenceServiceTimeoutSeconds: 60 });
    await keepBusy(1, `${CHUNKED}4\r\nhalf\r\n`);
    await metric('edgeml_buffered_bytes 4');
    await clock.advance(30_000);
    const answer = once(hostile[0]!.setEncoding('utf8'), 'data');
    hostile[0]!.write('0\r\n\r\n');
    expect(String(await answer)).toMatch(/^HTTP\/1\.1 200 /);
  });
});
