import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import { connectIpc, topicMatches } from '#packages/ipc';
import type { crtTransport, IpcSession } from '#packages/ipc';
import { PATIENCE_MS } from '../patience.ts';
import { memoryNucleusPort } from '../local-core/memory-nucleus-port.ts';
import { startIpcServer } from '../../tools/local-core/ipc/server.ts';
import type { IpcServer } from '../../tools/local-core/ipc/server.ts';
import type { Secret } from '../../tools/local-core/ipc/secrets.ts';
import type { IotCore, IotMessage } from '../../tools/local-core/mqtt/iot-core.ts';
import { LocalPubSub } from '../../tools/local-core/pubsub/local-pubsub.ts';
import { RIG_TIMING, HEARER, SECRET, SPEAKER } from './nucleus-rig.ts';
import type { RigOptions, NucleusRig } from './nucleus-rig.ts';

/** The IPC server of the local core on a real socket, with sessions over the given transport. */
export async function openSocketRig(makeTransport: typeof crtTransport, options: RigOptions = {}): Promise<NucleusRig> {
  const folder = await mkdtemp(join(tmpdir(), 'edgeml-ipc-'));
  const socketPath = join(folder, 'ipc.socket');
  const nucleus = memoryNucleusPort({
    [SPEAKER]: { configuration: { accessControl: grants() } },
    [HEARER]: { configuration: { accessControl: grants() } },
  });
  const pubsub = new LocalPubSub(silentLogger);
  const iot = memoryIotCore();
  const sessions: IpcSession[] = [];
  const serve = (): Promise<IpcServer> =>
    startIpcServer({
      socketPath,
      nucleus,
      pubsub,
      iotCore: iot.core,
      secrets: { find: async (id) => (id === SECRET.name ? secretOf(SECRET) : undefined) },
      strictLite: options.lite,
      clock: systemClock,
      log: silentLogger,
    });
  let server = await serve();
  // Faults belong to the device, not to one server: they outlive a restart of it.
  const faults = new Set<() => () => void>();
  const inject = (fault: () => () => void): (() => void) => {
    faults.add(fault);
    const undo = fault();
    return () => {
      faults.delete(fault);
      undo();
    };
  };
  let deployments = 0;

  return {
    session(component, sessionOptions) {
      const environment = {
        ipcToken: nucleus.tokenOf(component),
        ipcSocket: socketPath,
        nucleus: options.lite ? 'lite' : 'java',
      } as const;
      const transport = makeTransport({ socketPath, token: environment.ipcToken });
      const session = connectIpc({ ...RIG_TIMING, component, environment, transport, ...sessionOptions });
      sessions.push(session);
      return session;
    },
    configure: (component, keyPath, value) => nucleus.configure(component, keyPath, value),
    async killSocket() {
      await server.close();
      return async () => {
        server = await serve();
        for (const fault of faults) fault();
      };
    },
    stallSubscriptions: () => inject(() => server.faults.stallSubscriptions()),
    refuseTokens: () => inject(() => server.faults.refuseConnections()),
    delayAnswers: (ms) => inject(() => server.faults.delayAnswers(ms)),
    denyPubsub(component) {
      nucleus.configure(component, ['accessControl'], {});
      return () => nucleus.configure(component, ['accessControl'], grants());
    },
    streams: (component) =>
      server.connections.reduce((sum, each) => sum + (each.component === component ? each.streams : 0), 0),
    announceUpdate: () => server.beforeUpdate(`deployment-${++deployments}`, PATIENCE_MS),
    askValidity: (component, configuration) =>
      server.validate(`deployment-${++deployments}`, new Map([[component, configuration]]), PATIENCE_MS),
    iotMessages: iot.messages,
    deliverIot: iot.deliver,
    get reportedStates() {
      return nucleus.actions.map((action) => action.replace(' reports', ''));
    },
    until: (condition) => vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 }).then(() => undefined),
    async close() {
      await Promise.all(sessions.map((session) => session.close()));
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function grants(): Record<string, unknown> {
  const all = { 'test:1': { operations: ['*'], resources: ['*'] } };
  return { 'aws.greengrass.ipc.pubsub': all, 'aws.greengrass.ipc.mqttproxy': all, 'aws.greengrass.SecretManager': all };
}

function secretOf({ name, text }: typeof SECRET): Secret {
  const versions = [{ versionId: 'v1', stages: ['AWSCURRENT'], value: { secretString: text } }];
  return { arn: `arn:aws:secretsmanager:local:000000000000:secret:${name}-AbCdEf`, name, versions };
}

function memoryIotCore() {
  const messages: { topic: string; payload: string }[] = [];
  const listeners = new Set<{ filter: string; listener: (message: IotMessage) => void }>();
  const core: IotCore = {
    online: true,
    publish: ({ topic, payload }) => void messages.push({ topic, payload: Buffer.from(payload).toString() }),
    async subscribe(filter, _qos, listener) {
      const entry = { filter, listener };
      listeners.add(entry);
      return { close: async () => void listeners.delete(entry) };
    },
    onOnline: (listener) => {
      listener(true);
      return () => undefined;
    },
    close: async () => undefined,
  };
  const deliver = (topic: string, payload: string): void => {
    for (const { filter, listener } of listeners) {
      if (topicMatches(filter, topic)) listener({ topic, payload: Buffer.from(payload), retain: false });
    }
  };
  return { core, messages, deliver };
}
