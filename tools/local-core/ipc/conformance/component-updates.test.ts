import type { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, describe, expect, it } from 'vitest';

import { FakeClock } from '../../../../testing/clock/fake-clock.ts';
import { Inbox } from '../../../../testing/local-core/inbox.ts';
import { serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

type Events = greengrasscoreipc.model.ComponentUpdatePolicyEvents;

const deploymentId = 'd-1';
const asked: Events = { preUpdateEvent: { deploymentId, isGgcRestarting: false } };
const POLICY_MS = 60_000;

let rig: IpcRig;
let clock: FakeClock;
afterEach(() => rig.close());

async function subscriber(component = 'agent'): Promise<{ client: Client; inbox: Inbox<Events> }> {
  const client = await rig.connect(component);
  const inbox = new Inbox<Events>();
  const stream = client.subscribeToComponentUpdates({});
  stream.on('message', inbox.push);
  await stream.activate();
  return { client, inbox };
}

async function serve(): Promise<void> {
  clock = new FakeClock();
  rig = await ipcRig({ agent: {}, app: {} }, { clock });
}

/** Starts the question and keeps whether it has been answered. */
function ask(signal?: AbortSignal): { done: boolean; readonly finished: Promise<void> } {
  const state = { done: false, finished: rig.server.beforeUpdate(deploymentId, POLICY_MS, signal) };
  state.finished.then(
    () => (state.done = true),
    () => undefined,
  );
  return state;
}

describe('component updates', () => {
  it('do not wait if nobody has subscribed', async () => {
    await serve();

    await expect(rig.server.beforeUpdate(deploymentId, POLICY_MS)).resolves.toBeUndefined();
  });

  it('go on when the component answers 0', async () => {
    await serve();
    const { client, inbox } = await subscriber();
    const question = ask();
    expect(await inbox.take(1)).toEqual([asked]);

    await client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 });

    await question.finished;
  });

  it('wait for all components, and for the longest deferral, and ask again', async () => {
    await serve();
    const agent = await subscriber('agent');
    const app = await subscriber('app');
    const question = ask();
    await agent.inbox.take(1);
    await app.inbox.take(1);

    await agent.client.deferComponentUpdate({ deploymentId, recheckAfterMs: 5_000, message: 'swapping' });
    await app.client.deferComponentUpdate({ deploymentId, recheckAfterMs: 1_000 });
    await clock.advance(4_999);
    expect(agent.inbox.events).toHaveLength(1);
    await clock.advance(1);
    await agent.inbox.take(2);
    await app.inbox.take(2);
    await agent.client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 });
    expect(question.done).toBe(false);
    await app.client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 });

    await question.finished;
  });

  it('wait for silent components as long as the policy says', async () => {
    await serve();
    const { inbox } = await subscriber();
    const question = ask();
    await inbox.take(1);

    await clock.advance(POLICY_MS - 1);
    expect(question.done).toBe(false);
    await clock.advance(1);

    await question.finished;
  });

  it('take an answer without a time for silence', async () => {
    await serve();
    const { client, inbox } = await subscriber();
    const question = ask();
    await inbox.take(1);
    await client.deferComponentUpdate({ deploymentId });
    expect(question.done).toBe(false);

    await clock.advance(POLICY_MS);

    await question.finished;
  });

  it('let a component that lost its connection come back and answer', async () => {
    await serve();
    const first = await subscriber();
    const question = ask();
    await first.inbox.take(1);

    rig.server.dropConnections('agent');
    const second = await subscriber();
    await second.client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 });

    await question.finished;
  });

  it('end when the deployment is cancelled', async () => {
    await serve();
    const { client, inbox } = await subscriber();
    const cancelling = new AbortController();
    const question = ask(cancelling.signal);
    await inbox.take(1);
    await client.deferComponentUpdate({ deploymentId, recheckAfterMs: 1_000_000 });

    cancelling.abort(new Error('cancelled'));

    await expect(question.finished).rejects.toThrow('cancelled');
    expect(clock.pending).toBe(0);
  });

  it('are told to every subscriber when they are over', async () => {
    await serve();
    const { inbox } = await subscriber();

    rig.server.afterUpdate(deploymentId);

    expect(await inbox.take(1)).toEqual([{ postUpdateEvent: { deploymentId } }]);
  });

  it('refuse a deferral that comes too late', async () => {
    await serve();
    const { client } = await subscriber();

    expect(await serviceErrorOf(client.deferComponentUpdate({ deploymentId, recheckAfterMs: 1 }))).toMatchObject({
      _errorCode: 'ServiceError',
      _message: 'Time limit to respond to PreComponentUpdateEvent exceeded',
    });
  });

  it('refuse a second deferral in one round', async () => {
    await serve();
    const { client, inbox } = await subscriber();
    const question = ask();
    await inbox.take(1);
    await client.deferComponentUpdate({ deploymentId });

    expect(await serviceErrorOf(client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 }))).toMatchObject({
      _errorCode: 'ServiceError',
    });
    await clock.advance(POLICY_MS);
    await question.finished;
  });

  it('refuse a deferral by a component that has not subscribed', async () => {
    await serve();
    const client = await rig.connect('app');

    expect(await serviceErrorOf(client.deferComponentUpdate({ deploymentId, recheckAfterMs: 1 }))).toMatchObject({
      _errorCode: 'InvalidArgumentsError',
      _message: 'Component is not subscribed to component update events',
    });
  });
});
