import type { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

type Events = greengrasscoreipc.model.ValidateConfigurationUpdateEvents;
type Status = greengrasscoreipc.model.ConfigurationValidityStatus;

const deploymentId = 'd-1';
const configuration = { threshold: 2 };
const TIMEOUT_MS = 20_000;

let rig: IpcRig;
let clock: FakeClock;
afterEach(() => rig.close());

async function serve(): Promise<void> {
  clock = new FakeClock();
  rig = await ipcRig({ agent: {}, app: {} }, { clock });
}

async function subscriber(component: string): Promise<{ client: Client; inbox: Inbox<Events> }> {
  const client = await rig.connect(component);
  const inbox = new Inbox<Events>();
  const stream = client.subscribeToValidateConfigurationUpdates({});
  stream.on('message', inbox.push);
  await stream.activate();
  return { client, inbox };
}

const report = (client: Client, status: string, message?: string): Promise<unknown> =>
  client.sendConfigurationValidityReport({
    configurationValidityReport: { status: status as Status, deploymentId, ...(message ? { message } : {}) },
  });

const validate = (...components: string[]): Promise<string | undefined> =>
  rig.server.validate(deploymentId, new Map(components.map((name) => [name, configuration])), TIMEOUT_MS);

describe('configuration validation', () => {
  it('accepts at once if none of the changed components has subscribed', async () => {
    await serve();
    await subscriber('agent');

    expect(await validate('app')).toBeUndefined();
  });

  it('shows the new configuration and takes the word of the component', async () => {
    await serve();
    const { client, inbox } = await subscriber('agent');
    const verdict = validate('agent');
    expect(await inbox.take(1)).toEqual([{ validateConfigurationUpdateEvent: { configuration, deploymentId } }]);

    await report(client, 'ACCEPTED');

    expect(await verdict).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it('gives the reason of a rejection', async () => {
    await serve();
    const { client, inbox } = await subscriber('agent');
    const verdict = validate('agent');
    await inbox.take(1);

    await report(client, 'REJECTED', '/threshold is above 1');

    expect(await verdict).toBe('agent rejected its configuration: /threshold is above 1');
  });

  it('waits for all, and one rejection is enough', async () => {
    await serve();
    const agent = await subscriber('agent');
    const app = await subscriber('app');
    const verdict = validate('agent', 'app');
    await agent.inbox.take(1);
    await app.inbox.take(1);

    await report(agent.client, 'ACCEPTED');
    await report(app.client, 'REJECTED');

    expect(await verdict).toBe('app rejected its configuration: no reason given');
  });

  it('fails by time-out for a component that stays silent', async () => {
    await serve();
    const { inbox } = await subscriber('agent');
    const verdict = validate('agent');
    await inbox.take(1);

    await clock.advance(TIMEOUT_MS);

    expect(await verdict).toBe('no validity report within 20000 ms from agent');
  });

  it('fails by time-out for a changed component that never subscribed, once another has', async () => {
    await serve();
    const { client, inbox } = await subscriber('agent');
    const verdict = validate('agent', 'app');
    await inbox.take(1);
    await report(client, 'ACCEPTED');

    await clock.advance(TIMEOUT_MS);

    expect(await verdict).toBe('no validity report within 20000 ms from app (has not subscribed to validation)');
  });

  it('refuses a report that nobody asked for, or that comes too late', async () => {
    await serve();
    const { client, inbox } = await subscriber('agent');
    const verdict = validate('agent');
    await inbox.take(1);
    await clock.advance(TIMEOUT_MS);
    await verdict;

    expect(await serviceErrorOf(report(client, 'ACCEPTED'))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Validation request either timed out or was never made',
    });
  });
});
