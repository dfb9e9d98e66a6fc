import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { followBroker } from '../../local-core/mqtt/broker-state.ts';
import type { IotCore } from '../../local-core/mqtt/iot-core.ts';
import { brokerIncident } from './broker-incident.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'edgeml-broker-'));
});
afterEach(() => rm(root, { recursive: true }));

it('tells a command beside the core that the broker is away, without credentials, for as long as it is', async () => {
  const told: boolean[] = [];
  let tell: (online: boolean) => void = () => undefined;
  const iotCore = {
    onOnline: (listener: (online: boolean) => void) => {
      tell = listener;
      listener(false);
      return () => undefined;
    },
  } as unknown as IotCore;
  const url = 'mqtt://user:geheim@broker:1883';
  const follow = (): (() => Promise<void>) =>
    followBroker(root, { iotCore, url, close: async () => undefined }, new FakeClock(), ({ online }) =>
      told.push(online),
    );

  const first = follow();
  await expect
    .poll(() => brokerIncident(root))
    .toMatchObject({
      severity: 'error',
      message: 'the MQTT broker mqtt://***@broker:1883 cannot be reached',
    });
  tell(true);
  await expect.poll(() => brokerIncident(root)).toBeUndefined();
  tell(false);
  await expect.poll(() => brokerIncident(root)).toBeDefined();
  await first();
  expect(await brokerIncident(root)).toBeUndefined();
  expect(told).toEqual([false, true, false]);
});
