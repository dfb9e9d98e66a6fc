import { readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { AGENT, APP, DETECTOR } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import { RecordingBroker } from '../../testing/device/recording-broker.ts';
import { sample } from '../../testing/device/samples.ts';
import { messageIn } from '../../tools/local-core/pubsub/local-pubsub.ts';

const CLASSIFIER = 'edgeml.model.PartsClassifier';
const jpeg = { contentType: 'image/jpeg' };

let broker: RecordingBroker;
let device: Device;
let image: Buffer;
let lines: string[];

beforeAll(async () => {
  [image, broker, lines] = [await readFile(sample('belt-01.jpg')), await RecordingBroker.start(), []];
  device = await Device.start({ mqtt: { url: broker.url } });
  device.core.onLine(({ component, text }) => lines.push(`${component} ${text}`));
});

afterAll(async () => {
  await device.stop();
  await broker.stop();
});

const until = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });

const onMqtt = (name: string): boolean =>
  broker.messages.some(
    ({ topic, body }) => topic === 'edgeml/edgeml-local/results/PartsDetector' && body['image'] === name,
  );

/** Messages carry four digits. */
const asPublished = (predictions: unknown): unknown =>
  JSON.parse(JSON.stringify(predictions), (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(4)) : value,
  );

describe('when the agent is killed under load', () => {
  const killed: number[] = [];
  let before: unknown;

  beforeAll(async () => {
    const outcome = await device.deploy(await detectorVersion(device.folder('v1.1.0'), '1.1.0'));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    before = (await device.agent.invoke('PartsDetector', image, jpeg)).predictions;
    killed.push(device.pid(AGENT));
    for (let n = 0; n < 8; n++) await device.drop(image, `under-load-${n}.jpg`);
    // Each asks again as soon as it is answered, so that there are 48 requests whenever the agent dies: 64 may wait, also those of the
    // application.
    let isDead = false;
    const askers = Array.from({ length: 48 }, async () => {
      while (!isDead) await device.agent.invoke('PartsDetector', image, jpeg);
    });
    const outcomes = Promise.allSettled(askers);
    await device.agent.invoke('PartsDetector', image, jpeg);
    process.kill(killed[0]!, 'SIGKILL');
    isDead = true;
    expect(
      (await outcomes).some(({ status }) => status === 'rejected'),
      'it died in the middle',
    ).toBe(true);
  });

  it('it is started again and serves what was last known good', async () => {
    await device.events.having({ event: 'model.restored' });
    await until(() => device.state(AGENT) === 'RUNNING');
    await expect
      .poll(() => device.agent.invoke('PartsDetector', image, jpeg))
      .toMatchObject({ model: { version: '1.1.0' }, predictions: before });
    await until(() => device.pids(AGENT).some((pid) => pid !== killed[0]));
  });

  it('its models serve again, and the nucleus has neither seen a crash nor started their components again', async () => {
    expect(lines.filter((line) => line.startsWith(AGENT) && line.includes('"waitSeconds"'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith(DETECTOR) && line.includes('it was active already'))).toEqual([]);
    expect([DETECTOR, CLASSIFIER].map((name) => device.state(name))).toEqual(['RUNNING', 'RUNNING']);
    await until(() => device.pids(AGENT).length === 1);
    const models = async () =>
      (await device.agent.models()).map(({ alias, version, state }) => `${alias} ${version} ${state}`).sort();
    await expect
      .poll(models, { timeout: PATIENCE_MS })
      .toEqual(['PartsClassifier 1.0.0 active', 'PartsDetector 1.1.0 active']);
  });

  it('the application answers every image of that time, and new ones', async () => {
    await device.drop(image, 'after-the-kill.jpg');
    for (const name of [...Array.from({ length: 8 }, (_, n) => `under-load-${n}.jpg`), 'after-the-kill.jpg']) {
      const { error, predictions } = await device.results.of(name);
      expect({ name, error, predictions }).toEqual({ name, error: undefined, predictions: asPublished(before) });
    }
    expect(device.state(APP)).toBe('RUNNING');
  });
});

describe('when the broker stops and comes back', () => {
  it('local results never stop, and MQTT gets those of the meantime too', async () => {
    await device.drop(image, 'broker-up.jpg');
    await until(() => onMqtt('broker-up.jpg'));

    await broker.stop();
    for (const name of ['broker-down-1.jpg', 'broker-down-2.jpg']) {
      await device.drop(image, name);
      expect(await device.results.of(name)).not.toHaveProperty('error');
      expect(onMqtt(name)).toBe(false);
    }

    await broker.start();
    await device.drop(image, 'broker-back.jpg');
    expect(await device.results.of('broker-back.jpg')).not.toHaveProperty('error');
    for (const name of ['broker-back.jpg', 'broker-down-1.jpg', 'broker-down-2.jpg']) await until(() => onMqtt(name));
  });
});

describe('when the connection to the nucleus breaks', () => {
  it.each([
    ['all connections are cut', async () => device.core.ipc.dropConnections()],
    [
      'the socket is gone for a while',
      async () => {
        const { socketPath } = device.core.ipc;
        const from = lines.length;
        await rename(socketPath, `${socketPath}.away`);
        device.core.ipc.dropConnections();
        const isTrying = (component: string): boolean =>
          lines.slice(from).filter((line) => line.startsWith(component) && line.includes('ipc.connect-failed')).length >
          1;
        await until(() => {
          // A client that was just connecting when the others were cut is connected by now.
          device.core.ipc.dropConnections();
          return isTrying(APP) && isTrying(AGENT);
        });
        await rename(`${socketPath}.away`, socketPath);
      },
    ],
  ])('results flow again: %s', async (what, breakIt) => {
    await until(() => device.pids(AGENT).length === 1 && device.state(AGENT) === 'RUNNING');
    const pids = [device.pid(APP), device.pid(AGENT)];
    await breakIt();
    const name = `${what.replaceAll(' ', '-')}.jpg`;
    await device.drop(image, name);

    expect(await device.results.of(name)).not.toHaveProperty('error');
    await until(() => onMqtt(name));
    expect([device.pid(APP), device.pid(AGENT)]).toEqual(pids);
  });

  it('the agent hears invocations over IPC again', async () => {
    const connected = (): boolean => device.core.ipc.connections.some(({ component }) => component === AGENT);
    device.core.ipc.dropConnections(AGENT);
    await until(connected);
    const replies: unknown[] = [];
    const end = device.core.pubsub.subscribe({
      filter: 'edgeml/reply/test',
      subscriber: 'test',
      deliver: ({ body }) => void replies.push(messageIn(body)),
    });
    const value = {
      id: '1',
      replyTo: 'edgeml/reply/test',
      contentType: 'image/jpeg',
      path: path.join(device.inbox.scenes, 'under-load-0.jpg'),
    };
    // Local messages are at most once: the first may go out before the subscription is back.
    await vi.waitUntil(
      () => {
        device.core.pubsub.publish({
          topic: 'edgeml/invoke/PartsDetector',
          body: { kind: 'json', value },
          publisher: 'test',
        });
        return replies.length > 0;
      },
      { timeout: PATIENCE_MS, interval: 200 },
    );
    end();
    expect(replies[0]).toMatchObject({ id: '1', result: { service: 'PartsDetector' } });
  });
});
