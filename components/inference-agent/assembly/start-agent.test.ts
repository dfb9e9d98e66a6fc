import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { mkdir, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readHealth } from '#packages/http';
import type { IpcInvokeReply } from '#packages/http';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { COMPONENT } from '../settings/live-configuration.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let work: string;
let nucleus: MemoryNucleus;
let started: InProcessAgent;

async function start(configuration: object = {}, options: { readonly lite?: boolean } = {}): Promise<void> {
  nucleus = new MemoryNucleus(options);
  nucleus.configuration.set(COMPONENT, [], configuration);
  started = await startInProcess(work, nucleus);
}

beforeEach(async () => {
  folder = await temporaryFolder();
  work = join(folder.path, 'work');
  await mkdir(work);
});
afterEach(async () => {
  await started.close();
  await folder.remove();
});

/** A deadline that passes soon, of which the agent is to tell, however late, and not its client. */
const LATE = { deadlineMs: 20, timeoutMs: PATIENCE_MS };
const packageOf = (version: string, changes: object = {}) =>
  writePackage(join(folder.path, `Parts-${version}`), { version, ...changes });
const activate = async (version: string, changes: object = {}) =>
  started.client.activate({ path: await packageOf(version, changes) });
const ask = async (text: string, service = 'Parts') => {
  const { predictions } = await started.client.invoke(service, Buffer.from(text), { contentType: 'image/png' });
  return predictions[0]?.label;
};
const localEvents = (name: string) =>
  nucleus.localMessages.flatMap(({ topic, message }) =>
    topic === 'edgeml/events' && (message as { event: string }).event === name ? [message] : [],
  );

describe('the agent under a nucleus', () => {
  it('reports that it runs, and announces what it does on the device and to the cloud', async () => {
    await start();
    await activate('1.0.0');
    await expect
      .poll(() => localEvents('model.activated'))
      .toMatchObject([
        { thing: 'belt-7', component: COMPONENT, model: { alias: 'Parts', version: '1.0.0' }, provider: 'cpu' },
      ]);
    const cloud = () =>
      nucleus.iotMessages
        .filter(({ topic }) => topic === 'edgeml/belt-7/events')
        .map(({ payload, qos }) => [(JSON.parse(payload) as { event: string }).event, qos]);
    await expect.poll(cloud).toContainEqual(['model.activated', '1']);
    expect(nucleus.states).toEqual([{ component: COMPONENT, state: 'RUNNING' }]);
  });

  it('announces why it refuses a model', async () => {
    await start();
    await expect(activate('1.0.0', { provenance: { open: 'fail' } })).rejects.toMatchObject({ code: 'test.refused' });
    await expect
      .poll(() => localEvents('model.rejected'))
      .toMatchObject([{ alias: 'Parts', error: { code: 'test.refused' } }]);
  });

  it('does all of that on nucleus lite', async () => {
    await start({ QueueLength: '7' }, { lite: true });
    await activate('1.0.0');
    await expect.poll(() => localEvents('model.activated').length).toBe(1);
    expect(await ask('hello')).toBe('Parts 1.0.0: hello');
  });

  it('says that it starts until what it remembers is there', async () => {
    await start();
    await activate('1.0.0');
    await started.close();
    await start();
    await started.agent.restored;
    expect(await started.client.health()).toEqual({ status: 'ok', services: ['Parts'], expected: [], incidents: [] });
  });
});

describe('images by their path', () => {
  const file = (name: string) => join(folder.path, name);
  /** The images that this process has open; its sockets are not counted, because a client may add a connection. */
  const openImages = async (): Promise<string[]> => {
    const descriptors = await readdir('/proc/self/fd');
    const targets = await Promise.all(descriptors.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => '')));
    return targets.filter((target) => target.startsWith(folder.path) && target.endsWith('.jpg'));
  };

  beforeEach(async () => {
    await start({ ImageFolders: [folder.path], MaxImageMB: 1 });
    await activate('1.0.0');
    await writeFile(file('image.jpg'), 'in a file');
  });

  it('are looked at, and closed whatever becomes of the request', async () => {
    const { predictions } = await started.client.invokeFile('Parts', file('image.jpg'));
    expect(predictions[0]?.label).toBe('Parts 1.0.0: in a file');
    await writeFile(file('bad.jpg'), 'bad');
    await expect(started.client.invokeFile('Parts', file('bad.jpg'))).rejects.toMatchObject({ code: 'test.bad-image' });
    await expect(started.client.invokeFile('Nothing', file('image.jpg'))).rejects.toMatchObject({ status: 404 });
    await writeFile(file('hang.jpg'), 'hang');
    await expect(started.client.invokeFile('Parts', file('hang.jpg'), LATE)).rejects.toMatchObject({
      code: 'admission.deadline',
    });
    await expect.poll(openImages).toEqual([]);
  });

  it.each([
    ['/etc/hostname', 'invoke.folder-not-allowed', 403],
    ['image.jpg', 'invoke.folder-not-allowed', 403],
  ])('are refused at %s', async (path, code, status) => {
    await expect(started.client.invokeFile('Parts', path)).rejects.toMatchObject({ code, status });
  });

  it('are refused if they are larger than an image may be', async () => {
    await writeFile(file('large.jpg'), Buffer.alloc(2 ** 20 + 1));
    await expect(started.client.invokeFile('Parts', file('large.jpg'))).rejects.toMatchObject({
      code: 'http.body-too-large',
    });
  });
});

describe('invocation over IPC', () => {
  const replies = (topic: string) =>
    nucleus.localMessages.filter((one) => one.topic === topic).map(({ message }) => message as IpcInvokeReply);
  const invoke = async (message: object, service = 'Parts', replyTo = 'edgeml/reply/me'): Promise<IpcInvokeReply> => {
    const before = replies(replyTo).length;
    nucleus.publish(`edgeml/invoke/${service}`, { id: '7', replyTo, ...message });
    await expect.poll(() => replies(replyTo).length).toBe(before + 1);
    return replies(replyTo).at(-1)!;
  };

  beforeEach(async () => {
    await start({ ImageFolders: [folder.path] });
    await activate('1.0.0');
  });

  it('answers to a body and to a path, on the topic that the request names', async () => {
    const body = Buffer.from('in the message').toString('base64');
    expect(await invoke({ body, contentType: 'image/jpeg' })).toMatchObject({
      id: '7',
      result: { id: '7', service: 'Parts', predictions: [{ label: 'Parts 1.0.0: in the message' }] },
    });
    const path = join(folder.path, 'image.jpg');
    await writeFile(path, 'in a file');
    expect(await invoke({ path })).toMatchObject({ result: { predictions: [{ label: 'Parts 1.0.0: in a file' }] } });
  });

  it.each([
    ['neither path nor body', {}, 'invoke.bad-request'],
    ['both', { path: '/x', body: '' }, 'invoke.bad-request'],
    ['what is not base64', { body: '%%%' }, 'invoke.bad-request'],
    ['a file of another folder', { path: '/dev/stdin' }, 'invoke.folder-not-allowed'],
    ['an image that the model refuses', { body: Buffer.from('bad').toString('base64') }, 'test.bad-image'],
  ])('answers %s with an error', async (_what, message, code) => {
    expect(await invoke(message)).toMatchObject({ id: '7', error: { code } });
  });

  it.each([
    ['a file that is not there', 'none.jpg'],
    ['a folder', 'work'],
    ['a link', 'link.jpg'],
    ['a way out', '../image.jpg'],
  ])('refuses %s', async (_what, below) => {
    await writeFile(join(folder.path, 'image.jpg'), 'in a file');
    await symlink('image.jpg', join(folder.path, 'link.jpg'));
    expect(await invoke({ path: `${folder.path}/${below}` })).toMatchObject({
      id: '7',
      error: { code: 'invoke.file-unreadable' },
    });
  });

  it('answers for a service that is not there', async () => {
    expect(await invoke({ body: 'AAAA' }, 'Nothing')).toMatchObject({ error: { code: 'model.not-found' } });
  });

  it('does not answer on topics outside of edgeml/reply', async () => {
    nucleus.publish('edgeml/invoke/Parts', { id: '1', replyTo: 'edgeml/events', body: 'AAAA' });
    nucleus.publish('edgeml/invoke/Parts', 'not even an object');
    expect(await invoke({ body: 'AAAA' })).toHaveProperty('result');
    expect(localEvents('undefined')).toEqual([]);
    expect(nucleus.localMessages.filter(({ topic }) => topic.startsWith('edgeml/reply/'))).toHaveLength(1);
  });

  it('goes on after the connection to the nucleus was cut', async () => {
    nucleus.dropConnections(COMPONENT);
    expect(await ask('over HTTP meanwhile')).toBe('Parts 1.0.0: over HTTP meanwhile');
    // A message that comes before the agent listens again is lost, as on any nucleus.
    const again = () => {
      nucleus.publish('edgeml/invoke/Parts', { id: '8', replyTo: 'edgeml/reply/again', body: 'AAAA' });
      return replies('edgeml/reply/again').at(-1);
    };
    await expect.poll(again).toHaveProperty('result');
  });
});

describe('live configuration', () => {
  const set = (values: Readonly<Record<string, unknown>>): void => {
    for (const [key, value] of Object.entries(values)) nucleus.configure(COMPONENT, [key], value);
  };

  it('takes effect without a restart: limits, names of services, level of the log', async () => {
    await start({ MaxImageMB: 1 });
    await activate('1.0.0');
    const large = 'x'.repeat(1024 * 1024 + 1);
    await expect(ask(large)).rejects.toMatchObject({ code: 'http.body-too-large' });
    await expect(ask('hello', 'line-3')).rejects.toMatchObject({ code: 'model.not-found' });
    set({ MaxImageMB: '2', Services: { 'line-3': { Model: 'Parts' } }, LogLevel: 'debug' });
    await expect.poll(() => started.levels.at(-1)).toBe('debug');
    expect(await ask('hello', 'line-3')).toBe('Parts 1.0.0: hello');
    expect(await ask(large)).toContain('Parts 1.0.0: x');
    expect(started.instances.opened).toHaveLength(1);
  });

  it('loads models again when their workers change', async () => {
    await start();
    await activate('1.0.0');
    set({ Workers: 2 });
    await expect.poll(async () => (await started.client.models())[0]?.workers).toBe(2);
    expect((await started.client.models())[0]?.bounds).toEqual({ maxPredictions: 5 });
    await expect.poll(() => started.instances.opened[0]?.closed).toBe(true);
    expect(await ask('hello')).toBe('Parts 1.0.0: hello');
  });

  it('judges anomalies by the sensitivity of the service, which changes at once and loads nothing again', async () => {
    await start({ Services: { strict: { Model: 'Parts', AnomalySensitivity: 0.7 } } });
    await activate('1.0.0');
    const judged = () => Promise.all([ask('anomaly 0.4'), ask('anomaly 0.4', 'strict'), ask('anomaly 0.2', 'strict')]);
    expect(await judged()).toEqual(['normal', 'anomaly', 'normal']);
    set({ AnomalySensitivity: 0.9, Services: { strict: { Model: 'Parts' } } });
    await expect.poll(judged).toEqual(['anomaly', 'anomaly', 'anomaly']);
    expect(started.instances.opened).toHaveLength(1);
    await expect
      .poll(() => started.client.metrics())
      .toMatch(/predictions_total\{service="strict",kind="anomaly"\} \d/);
  });

  it('keeps the last good one when a new one is wrong, and says so', async () => {
    await start({ QueueLength: 5 });
    set({ QueueLength: 'many' });
    await expect
      .poll(() => localEvents('configuration.rejected'))
      .toMatchObject([{ error: { code: 'config.invalid' } }]);
    await activate('1.0.0');
    expect(await ask('hello')).toBe('Parts 1.0.0: hello');
  });

  it('says what only a restart will change', async () => {
    await start();
    set({ AdminSocketMode: '660', OpenInferenceListener: { Host: '127.0.0.2' } });
    await expect
      .poll(() => localEvents('configuration.applied'))
      .toMatchObject([{ restartNeeded: ['AdminSocketMode', 'OpenInferenceListener'] }]);
  });

  it('is judged before the nucleus deploys it', async () => {
    await start();
    expect(await nucleus.askValidity(COMPONENT, { QueueLength: 9, accessControl: {} })).toMatchObject({
      status: 'ACCEPTED',
    });
    expect(
      await nucleus.askValidity(COMPONENT, { Providers: 'cuda,abacus', TrustedKeys: { factory: 'no key' } }),
    ).toMatchObject({
      status: 'REJECTED',
      message: expect.stringMatching(/Providers.*TrustedKeys\/factory/) as unknown,
    });
  });
});

describe('component updates', () => {
  it('go on at once while nothing is being changed', async () => {
    await start();
    await nucleus.announceUpdate(COMPONENT);
  });
});

describe('the HTTP API, at its edges', () => {
  /** On the socket where the path is answered. */
  const raw = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { socketPath: inference, adminSocketPath } = started.agent;
      const socketPath = path.startsWith('/v1/models/') ? adminSocketPath : inference;
      const outgoing = request({ socketPath, method, path, headers });
      outgoing.once('response', resolve).once('error', reject);
      outgoing.end(body);
    });
  const answer = async (...words: Parameters<typeof raw>) => {
    const response = await raw(...words);
    const { error } = JSON.parse(await text(response)) as { error: { code: string; message: string } };
    return { status: response.statusCode, allow: response.headers.allow, ...error };
  };

  beforeEach(async () => {
    await start();
    await activate('1.0.0');
  });

  it.each([
    ['GET', '/nothing', 404, 'http.no-route'],
    ['POST', '/v1/services//invoke', 404, 'http.no-route'],
    ['GET', '/v1/services/Parts/invoke', 405, 'http.method-not-allowed'],
    ['DELETE', '/v1/models', 405, 'http.method-not-allowed'],
    ['POST', '/v1/services/%E0%A4%A/invoke', 400, 'http.bad-request'],
    ['POST', '/v1/models/Nothing/retire', 404, 'model.not-active'],
    ['POST', '/v1/models/Parts/rollback', 409, 'model.no-previous'],
  ])('%s %s gives %d %s', async (method, path, status, code) => {
    expect(await answer(method, path)).toMatchObject({ status, code });
  });

  it('names the method that would do', async () => {
    expect(await answer('PUT', '/v1/models/activate')).toMatchObject({ status: 405, allow: 'POST' });
  });

  it.each([
    ['text/plain', 415, 'http.content-type'],
    ['application/x-www-form-urlencoded', 415, 'http.content-type'],
  ])('refuses an image that comes as %s', async (type, status, code) => {
    const given = await answer('POST', '/v1/services/Parts/invoke', { 'content-type': type }, 'x');
    expect(given).toMatchObject({ status, code, message: expect.stringContaining(type) as unknown });
  });

  it('takes an image without a type, and one in chunks', async () => {
    for (const headers of [{}, { 'transfer-encoding': 'chunked', 'content-type': 'image/jpeg' }]) {
      const response = await raw('POST', '/v1/services/Parts/invoke', headers, 'bytes');
      expect(JSON.parse(await text(response))).toMatchObject({ predictions: [{ label: 'Parts 1.0.0: bytes' }] });
    }
  });

  it.each(['0', '-1', 'soon'])('refuses the deadline %j', async (deadline) => {
    const headers = { 'x-edgeml-deadline-ms': deadline };
    expect(await answer('POST', '/v1/services/Parts/invoke', headers, 'x')).toMatchObject({ code: 'http.bad-request' });
  });

  it.each(['[]', '{', '{"path":7}', '{"path":"relative/Parts"}', '{"path":"/x","extra":1}'])(
    'refuses to activate %j',
    async (body) => {
      expect(await answer('POST', '/v1/models/activate', {}, body)).toMatchObject({ code: 'http.bad-request' });
    },
  );

  it('uses the id of the caller', async () => {
    const response = await raw('POST', '/v1/services/Parts/invoke', { 'x-request-id': 'frame-17' }, 'x');
    expect(JSON.parse(await text(response))).toMatchObject({ id: 'frame-17' });
  });

  it('answers more on the same connection after it refused a large body', async () => {
    const { default: http } = await import('node:http');
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const send = (body: Buffer) =>
      new Promise<number | undefined>((resolve, reject) => {
        const options = {
          agent,
          socketPath: started.agent.socketPath,
          method: 'POST',
          path: '/v1/services/Parts/invoke',
        };
        const outgoing = http.request({ ...options, headers: { 'content-length': body.length } }, (response) => {
          response.resume().once('end', () => resolve(response.statusCode));
        });
        outgoing.once('error', reject);
        outgoing.end(body);
      });
    expect(await send(Buffer.alloc(40 * 1024 * 1024))).toBe(413);
    expect(await send(Buffer.from('x'))).toBe(200);
    agent.destroy();
  });

  it('does not run what nobody waits for any more', async () => {
    const hang = 'POST /v1/services/Parts/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhang';
    // One runs and one is prepared meanwhile; the third waits.
    const working = [connect(started.agent.socketPath), connect(started.agent.socketPath)];
    for (const socket of working) socket.write(hang);
    await expect.poll(() => started.client.metrics()).toContain('edgeml_requests_running{service="Parts"} 2');
    const late = connect(started.agent.socketPath);
    late.write(hang);
    await expect.poll(() => started.client.metrics()).toContain('edgeml_queue_depth{service="Parts"} 1');
    late.destroy();
    await expect
      .poll(() => started.client.metrics())
      .toContain('edgeml_requests_rejected_total{service="Parts",reason="cancelled"} 1');
    expect(await started.client.metrics()).toContain('edgeml_queue_depth{service="Parts"} 0');
    for (const socket of working) socket.destroy();
  });

  it('answers for one model while all that another may run hangs', async () => {
    await activate('1.0.0', { name: 'Quick' });
    const hang = 'POST /v1/services/Parts/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhang';
    const hanging = [1, 2, 3, 4].map(() => connect(started.agent.socketPath));
    for (const socket of hanging) socket.write(hang);
    await expect.poll(() => started.client.metrics()).toContain('edgeml_queue_depth{service="Parts"} 2');
    for (const text of ['one', 'two', 'three']) expect(await ask(text, 'Quick')).toBe(`Quick 1.0.0: ${text}`);
    for (const socket of hanging) socket.destroy();
  });

  it('says of a model that answers nobody in time that it does, until it answers again', async () => {
    await activate('1.0.0', { name: 'Quick' });
    const hang = () => started.client.invoke('Parts', Buffer.from('hang'), { contentType: 'image/png', ...LATE });
    for (let n = 0; n < 3; n++) await expect(hang()).rejects.toMatchObject({ code: 'admission.deadline' });
    const { incidents } = await started.client.health();
    expect(incidents).toMatchObject([{ code: 'model.stalled', subject: 'answers of Parts', severity: 'error' }]);
    await expect
      .poll(() => localEvents('incident.opened'))
      .toMatchObject([
        { incident: { message: expect.stringContaining('Parts is in service and answers nobody') as string } },
      ]);
    expect(await ask('hello', 'Quick')).toBe('Quick 1.0.0: hello');
    await activate('1.0.1');
    expect(await ask('hello')).toBe('Parts 1.0.1: hello');
    await expect.poll(async () => (await readHealth(started.agent.socketPath)).incidents).toEqual([]);
  });

  it('forgets a body that never comes', async () => {
    const socket = connect(started.agent.socketPath);
    socket.write('POST /v1/services/Parts/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf');
    await expect.poll(() => started.client.metrics()).toContain('edgeml_buffered_bytes 4');
    socket.destroy();
    await expect.poll(() => started.client.metrics()).toContain('edgeml_buffered_bytes 0');
    expect(await ask('hello')).toBe('Parts 1.0.0: hello');
  });
});
