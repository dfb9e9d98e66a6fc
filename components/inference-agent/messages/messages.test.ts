import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMessage, MessageReader } from '#packages/foundation';
import { MAX_MESSAGE_HEAD_BYTES, MAX_MESSAGES_IN_FLIGHT, MESSAGES_PATH, MESSAGES_PROTOCOL } from '#packages/http';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { askSocket } from '../../../testing/agent/ask-socket.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

const GREETING = `GET ${MESSAGES_PATH} HTTP/1.1\r\nHost: agent\r\nConnection: Upgrade\r\nUpgrade: ${MESSAGES_PROTOCOL}\r\n\r\n`;

/** Settings under which nothing is refused for the number of requests. */
const ROOMY = { QueueLength: 1_000, MaxImageMB: 1 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let started: InProcessAgent;
let clients: Socket[];

beforeEach(async () => {
  folder = await temporaryFolder();
  clients = [];
  await start();
});

async function start(clock?: FakeClock): Promise<void> {
  const nucleus = new MemoryNucleus();
  nucleus.configuration.set(COMPONENT, [], ROOMY);
  started = await startInProcess(folder.path, nucleus, clock);
  await started.client.activate({ path: await writePackage(join(folder.path, 'Parts'), { version: '1.0.0' }) });
}
afterEach(async () => {
  for (const client of clients) client.destroy();
  await started.close();
  await folder.remove();
});

interface Said {
  readonly id?: number;
  readonly closing?: true;
  readonly result?: { readonly predictions: readonly { readonly label: string }[] };
  readonly error?: { readonly code: string; readonly message: string };
}

/** A client that says what it likes. */
async function greet(greeting = GREETING) {
  const socket = connect(started.agent.socketPath);
  clients.push(socket);
  const answers: Said[] = [];
  let head: string | undefined;
  let bytes = Buffer.alloc(0);
  const reader = new MessageReader(
    { headBytes: 2 ** 30, blobBytes: 0 },
    { begin: (said) => void answers.push(said as Said), piece: () => undefined, end: () => undefined },
  );
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    if (head !== undefined) return reader.push(chunk);
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return;
    head = bytes.subarray(0, end).toString();
    if (head.includes('101')) reader.push(bytes.subarray(end + 4));
  });
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(greeting);
  await expect.poll(() => head).toBeDefined();
  return {
    head: head ?? '',
    answers,
    closed,
    socket,
    isOpen: () => !socket.destroyed,
    say: (message: object, blob?: string | Buffer) => {
      for (const part of encodeMessage(message, blob === undefined ? [] : [Buffer.from(blob)])) socket.write(part);
    },
  };
}

const labelOf = (said: Said | undefined) => said?.result?.predictions[0]?.label;
const metric = async (line: RegExp): Promise<void> => expect.poll(() => started.client.metrics()).toMatch(line);
const serves = async (): Promise<void> => {
  const { predictions } = await started.client.invoke('Parts', Buffer.from('ok'), { contentType: 'image/png' });
  expect(predictions[0]?.label).toBe('Parts 1.0.0: ok');
};

describe('messages on the socket for inference', () => {
  it('are answered in any order, each with the id of its request', async () => {
    const { head, say, answers } = await greet();
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    say({ id: 7, service: 'Nothing' }, 'x');
    say({ id: 3, service: 'Parts', requestId: 'mine' }, 'first');
    say({ id: 9, service: 'Parts' }, 'bad');
    await expect.poll(() => answers.length).toBe(3);
    const of = (id: number) => answers.find((one) => one.id === id);
    expect(of(7)).toMatchObject({ error: { code: 'model.not-found' } });
    expect(of(3)).toMatchObject({ result: { id: 'mine', predictions: [{ label: 'Parts 1.0.0: first' }] } });
    expect(of(9)).toMatchObject({ error: { code: 'test.bad-image' } });
  });

  it('are for connections that ask for them, and for no other socket', async () => {
    const plain = await greet(GREETING.replace(/Upgrade:.*\r\n/, ''));
    expect(plain.head).toMatch(/^HTTP\/1\.1 426 /);
    await plain.closed;
    for (const socket of [started.agent.socketPath, started.agent.adminSocketPath]) {
      const answer = await askSocket(socket, { method: 'GET', path: '/v1/other/../messages' });
      expect(answer.status, socket).toBe(404);
    }
    const admin = await askSocket(started.agent.adminSocketPath, { method: 'GET', path: MESSAGES_PATH });
    expect(admin).toMatchObject({ status: 404, error: { code: 'http.no-route' } });
  });

  it('end requests whose client cancels them or hangs up', async () => {
    const { say, answers, socket } = await greet();
    say({ id: 1, service: 'Parts' }, 'hang');
    say({ id: 2, service: 'Parts' }, 'hang');
    await metric(/running\{[^}]*\} [12]/);
    say({ id: 1, cancel: true });
    await expect.poll(() => answers).toMatchObject([{ id: 1, error: { code: 'admission.cancelled' } }]);
    socket.destroy();
    await metric(/rejected_total\{[^}]*reason="cancelled"[^}]*\} 2/);
  });

  it('may be open in a number that is bounded', async () => {
    const { say, answers } = await greet();
    for (let id = 1; id <= MAX_MESSAGES_IN_FLIGHT + 1; id++) say({ id, service: 'Parts' }, 'hang');
    const id = MAX_MESSAGES_IN_FLIGHT + 1;
    await expect
      .poll(() => answers)
      .toMatchObject([{ id, error: { code: 'http.too-many-requests' }, retryAfterSeconds: 1 }]);
  });

  it.each([
    ['a head that is not JSON', Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{{{')])],
    ['a head larger than allowed', encodeMessage({ id: 1, text: 'x'.repeat(MAX_MESSAGE_HEAD_BYTES) })],
    ['no id', encodeMessage({ service: 'Parts' })],
    [
      'an id that is open',
      [
        ...encodeMessage({ id: 1, service: 'Parts' }, [Buffer.from('hang')]),
        ...encodeMessage({ id: 1, service: 'Parts' }),
      ],
    ],
  ])('say why the connection ends with %s', async (_what, bytes) => {
    const { socket, answers, closed } = await greet();
    for (const part of Array.isArray(bytes) ? bytes : [bytes]) socket.write(part as Buffer);
    await closed;
    expect(answers.at(-1)).toMatchObject({ closing: true, error: { code: 'http.messages-broken' } });
    await serves();
  });

  it.each([
    [{ path: 7 }, 'http.bad-request'],
    [{ path: '/a', frame: {} }, 'http.bad-request'],
    [{ frame: { ring: 'no' } }, 'frames.reference-invalid'],
    [{ deadlineMs: -1 }, 'http.bad-request'],
    [{ contentType: 'text/plain' }, 'http.content-type'],
    [{ service: {} }, 'http.bad-request'],
  ])('with %j are refused, and the connection goes on', async (words, code) => {
    const { say, answers } = await greet();
    say({ id: 1, service: 'Parts', ...words }, 'dropped');
    say({ id: 2, service: 'Parts' }, 'good');
    await expect.poll(() => answers.length).toBe(2);
    expect(answers[0]).toMatchObject({ id: 1, error: { code } });
    expect(labelOf(answers[1])).toBe('Parts 1.0.0: good');
  });

  it('larger than an image may be are dropped as they come', async () => {
    const { say, answers } = await greet();
    say({ id: 1, service: 'Parts' }, Buffer.alloc(2 ** 20 + 1));
    say({ id: 2, service: 'Parts' }, 'good');
    await expect.poll(() => answers.length).toBe(2);
    expect(answers[0]).toMatchObject({ id: 1, error: { code: 'http.body-too-large' } });
  });

  it('that come too slowly end the connection, and one that is not used is closed', async () => {
    await started.close();
    const clock = new FakeClock();
    await start(clock);
    const slow = await greet();
    const idle = await greet();
    const whole = encodeMessage({ id: 1, service: 'Parts' }, [Buffer.alloc(100)]);
    slow.socket.write((whole[0] as Buffer).subarray(0, 40));
    await expect
      .poll(async () => {
        await clock.advance(1_000);
        return slow.isOpen();
      })
      .toBe(false);
    await slow.closed;
    expect(slow.answers).toMatchObject([{ closing: true, error: { code: 'http.too-slow' } }]);
    expect(idle.isOpen()).toBe(true);
    for (let second = 0; second < 70; second++) await clock.advance(1_000);
    await idle.closed;
    expect(idle.answers).toEqual([{ closing: true }]);
  });

  it('that are being answered when the agent ends are answered', async () => {
    await started.close();
    const clock = new FakeClock();
    await start(clock);
    const { say, answers, closed } = await greet();
    say({ id: 1, service: 'Parts', deadlineMs: 100 }, 'hang');
    await metric(/running\{[^}]*\} 1/);
    let isOver = false;
    const ended = Promise.all([started.agent.close(1_000), closed]).then(() => (isOver = true));
    const aWhile = async () => (await clock.advance(100), isOver);
    await expect.poll(aWhile).toBe(true);
    await ended;
    expect(answers).toContainEqual({ closing: true });
    expect(answers).toContainEqual(expect.objectContaining({ id: 1 }));
  });

  it('of any bytes neither end the agent nor make it wrong', async () => {
    const honest = Buffer.concat([
      ...encodeMessage({ id: 1, service: 'Parts', contentType: 'image/png' }, [Buffer.from('abcd')]),
      ...encodeMessage({ id: 2, service: 'Parts', frame: { ring: 'a'.repeat(32), slot: 0, sequence: 1 } }),
      ...encodeMessage({ id: 3, cancel: true }),
    ]);
    const change = fc.record({ at: fc.nat(honest.length - 1), to: fc.nat(255) });
    const bytes = fc.oneof(
      fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
        const mutated = Buffer.from(honest);
        for (const { at, to } of changes) mutated[at] = to;
        return mutated;
      }),
      fc.uint8Array({ maxLength: 200 }).map((random) => Buffer.from(random)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const { socket, answers, closed } = await greet();
        socket.end(sent);
        await closed;
        for (const { id, closing, error } of answers) {
          expect(id ?? closing).toBeDefined();
          expect(error?.code).not.toBe('internal');
        }
      }),
      { numRuns: 40 },
    );
    await serves();
  });
});
