import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PYTHON_CLIENT } from '../../testing/clients/caller.ts';
import { Inbox } from '../../testing/local-core/inbox.ts';
import { allowAll, ipcRig } from '../../testing/local-core/ipc-rig.ts';
import type { IpcRig } from '../../testing/local-core/ipc-rig.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { PYTHON, python } from '../../testing/outside-data/python.ts';
import { Child } from '../../testing/process/child.ts';

const FUNCTION = 'lambda.Echo';
/** Answers on `answers` with what it was given, and fails for what it does not like. */
const ECHO = `
import greengrasssdk
client = greengrasssdk.client('iot-data')
print('LOADED', flush=True)

def function_handler(event, context):
    if event == {'fail': True}:
        raise RuntimeError('it does not like this')
    client.publish(topic='answers', payload='%r of %s' % (event, context.client_context.custom['subject']))
`;

/** Python modules for programs of Greengrass V1, against the IPC server of the local core. */
describe('Lambda functions of Greengrass V1', await needs(python), () => {
  let folder: string;
  let rig: IpcRig;
  let child: Child | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-v1-'));
    await writeFile(path.join(folder, 'echo.py'), ECHO);
    const accessControl = allowAll('aws.greengrass.ipc.pubsub');
    rig = await ipcRig({
      [FUNCTION]: { configuration: { accessControl } },
      other: { configuration: { accessControl } },
    });
  });
  afterEach(async () => {
    await child?.end('SIGKILL');
    child = undefined;
    await rig.close();
    await rm(folder, { recursive: true, force: true });
  });

  function start(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Child {
    return (child = new Child(PYTHON, ['-u', '-W', 'error', ...words], {
      cwd: folder,
      environment: {
        PYTHONPATH: PYTHON_CLIENT,
        PYTHONDONTWRITEBYTECODE: '1',
        SVCUID: rig.nucleus.tokenOf(FUNCTION),
        AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: rig.socketPath,
        EDGEML_V1_FUNCTION: 'Echo',
        EDGEML_V1_ROUTES: '[["answers", "local"]]',
        ...environment,
      },
    }));
  }
  const run = (environment: Readonly<Record<string, string>>) =>
    start(['-m', 'edgeml_sdk.v1.run', folder, 'echo.function_handler'], environment);
  const python3 = (program: string, environment?: Readonly<Record<string, string>>) =>
    start(['-c', `import greengrasssdk\nclient = greengrasssdk.client('iot-data')\n${program}`], environment);

  /** Messages on `answers`, as text, and a way to publish. */
  async function listener() {
    const client = await rig.connect('other');
    const inbox = new Inbox<string>();
    const stream = client.subscribeToTopic({ topic: 'answers' });
    stream.on('message', ({ binaryMessage }) =>
      inbox.push(Buffer.from(binaryMessage?.message as ArrayBuffer).toString()),
    );
    await stream.activate();
    const publish = (topic: string, publishMessage: object) => client.publishToTopic({ topic, publishMessage });
    return { inbox, publish };
  }

  it('row 64: on-demand: is loaded with its first message, survives an exception, and knows the topic', async () => {
    const { inbox, publish } = await listener();
    const echo = run({ EDGEML_V1_EVENTS: '[["asked/+", "local"]]', EDGEML_V1_PINNED: 'false' });
    await echo.line(/Called with messages of asked/);
    expect(echo.lines).not.toContain('LOADED');

    await publish('asked/1', { jsonMessage: { message: { fail: true } } });
    await publish('asked/2', { binaryMessage: { message: Buffer.from('not JSON') } });
    await publish('asked/3', { jsonMessage: { message: { a: 1 } } });
    await publish('asked/4', { binaryMessage: { message: Buffer.from('[2]') } });

    expect(await inbox.take(2)).toEqual(["{'a': 1} of asked/3", '[2] of asked/4']);
    await echo.line(/RuntimeError: it does not like this/);
    await echo.line(/JSONDecodeError/);
  });

  it('long-lived: is loaded at once; with binary encoding it gets bytes', async () => {
    const { inbox, publish } = await listener();
    const events = { EDGEML_V1_EVENTS: '[["asked/1", "local"]]', EDGEML_V1_ENCODING: 'binary' };
    const echo = run({ ...events, EDGEML_V1_PINNED: 'true', EDGEML_V1_TIMEOUT_SECONDS: '0.000001' });
    await echo.line(/LOADED/);
    await echo.line(/Called with messages of asked/);
    await publish('asked/1', { binaryMessage: { message: Uint8Array.of(0, 255) } });
    expect(await inbox.take(1)).toEqual(["b'\\x00\\xff' of asked/1"]);
    await echo.line(/took .* more than the time-out of 1e-06 s/);
  });

  it('ends with 1 if the nucleus goes, if it cannot be loaded, and if nothing would ever call it', async () => {
    const echo = run({ EDGEML_V1_EVENTS: '[["asked/1", "local"]]' });
    await echo.line(/Called with/);
    await rig.server.close();
    expect(await echo.exit).toBe(1);
    expect(echo.err).toContain('the connection to the nucleus is lost');

    const idle = run({});
    expect([await idle.exit, idle.err]).toEqual([1, expect.stringContaining('nothing would ever call it')]);
    const missing = start(['-m', 'edgeml_sdk.v1.run', folder, 'gone.function_handler'], { EDGEML_V1_PINNED: 'true' });
    expect([await missing.exit, missing.err]).toEqual([1, expect.stringContaining("No module named 'gone'")]);
    const unreachable = run({ EDGEML_V1_EVENTS: '[["asked/1", "local"]]' });
    expect([await unreachable.exit, unreachable.err]).toEqual([1, expect.stringContaining('cannot be reached')]);
  });

  it('publishes where the subscriptions of the group say, and says once if they say nothing', async () => {
    const { inbox } = await listener();
    const program = python3(
      `for _ in range(3): client.publish(topic='nowhere', payload='lost')\nclient.publish(topic='answers', payload=b'bytes', queueFullPolicy='AllOrException')`,
    );
    expect([await program.exit, program.out]).toEqual([0, '']);
    expect(program.err.match(/No subscription of the group has the topic nowhere/g)).toHaveLength(1);
    expect(await inbox.take(1)).toEqual(['bytes']);
  });

  it.each([
    ['client.publish(payload="x")', {}, 'ValueError: topic must be a text'],
    ['client.publish(topic="t", payload={})', {}, 'ValueError: payload must be text or bytes, got dict'],
    [
      'client.publish(topic="t", payload="x", qos=1)',
      {},
      'ValueError: publish takes topic, payload, queueFullPolicy, not qos',
    ],
    ['client.publish(topic="t", payload="x")', { EDGEML_V1_ROUTES: '' }, '[UnauthorizedError]'],
    ['client.publish(topic="t", payload="x")', { EDGEML_V1_ROUTES: '', SVCUID: 'other' }, 'does not take the token'],
    ['client.publish(topic="t", payload="x")', { EDGEML_V1_ROUTES: '', SVCUID: '' }, 'only a component of Greengrass'],
    ['greengrasssdk.client("iot")', {}, "ValueError: unknown client 'iot'"],
    [
      'greengrasssdk.client("iot-data")',
      { EDGEML_V1_ROUTES: '[["t", "sky"]]' },
      "names 'sky'; there are cloud and local",
    ],
    ['greengrasssdk.client("lambda").invoke(FunctionName="Other")', {}, 'Publish a message on a topic that Other has'],
    ['client.get_thing_shadow(thingName="t")', {}, 'aws.greengrass.ShadowManager'],
  ])('says what is wrong: %s %j', async (call, environment, message) => {
    const program = start(
      ['-c', `import greengrasssdk\nclient = greengrasssdk.client('iot-data')\n${call}`],
      environment,
    );
    expect([await program.exit, program.err]).toEqual([1, expect.stringContaining(message)]);
  });
});
