import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventstream_rpc, greengrasscoreipc, io } from 'aws-iot-device-sdk-v2';
import { silentLogger, systemClock } from '#packages/foundation';
import { FRAME_FLAG } from '#packages/ipc';
import { LocalPubSub } from '../../tools/local-core/pubsub/local-pubsub.ts';
import { memoryNucleusPort } from './memory-nucleus-port.ts';
import type { MemoryComponent, MemoryNucleusPort } from './memory-nucleus-port.ts';
import { startIpcServer } from '../../tools/local-core/ipc/server.ts';
import { connectedRawClient, payloadOf, requestFrame } from './raw-client.ts';
import type { RawClient } from './raw-client.ts';
import type { IpcServer, IpcServerOptions } from '../../tools/local-core/ipc/server.ts';

export type Client = greengrasscoreipc.Client;

/** A served twin for tests: server on a socket in a temporary folder, official clients of the device SDK. */
export interface IpcRig {
  readonly nucleus: MemoryNucleusPort;
  readonly pubsub: LocalPubSub;
  readonly server: IpcServer;
  readonly socketPath: string;
  /** A connected client of that component; closed with the rig. */
  connect(component: string): Promise<Client>;
  /** The same, frame by frame; the acknowledgement of the connection is frame 1. */
  connectRaw(component: string): Promise<RawClient>;
  /**
   * The error that the server answers a subscription of that component with. Asked frame by frame: about once in 1,500
   * times the device SDK never settles a stream that the server ended with an error, since it waits for the end of a
   * message that it sends on the ended stream.
   */
  refusedSubscription(component: string, operation: string, request?: object): Promise<unknown>;
  close(): Promise<void>;
}

export async function ipcRig(
  components: Readonly<Record<string, MemoryComponent>>,
  options: Partial<IpcServerOptions> = {},
): Promise<IpcRig> {
  const folder = await mkdtemp(join(tmpdir(), 'ipc-'));
  const clock = options.clock ?? systemClock;
  const nucleus = memoryNucleusPort(components, () => clock.now());
  const pubsub = options.pubsub ?? new LocalPubSub(silentLogger);
  const socketPath = join(folder, 'ipc.socket');
  const server = await startIpcServer({ socketPath, nucleus, pubsub, clock, log: silentLogger, ...options });
  const clients: { close(): unknown }[] = [];
  const connectRaw = async (component: string): Promise<RawClient> => {
    const client = await connectedRawClient(socketPath, nucleus.tokenOf(component));
    clients.push(client);
    return client;
  };
  return {
    nucleus,
    pubsub,
    server,
    socketPath,
    async connect(component) {
      const client = clientOf(socketPath, nucleus.tokenOf(component));
      clients.push(client);
      await client.connect();
      return client;
    },
    connectRaw,
    async refusedSubscription(component, operation, request = {}) {
      const client = await connectRaw(component);
      client.send(requestFrame(1, `aws.greengrass#${operation}`, request));
      const answer = await client.frame(2);
      const isRefused = (answer.flags & FRAME_FLAG.terminateStream) !== 0;
      if (!isRefused) throw new Error('the subscription was accepted, an error was expected');
      return payloadOf(answer);
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A client of the device SDK for that socket and token, not connected yet. */
export function clientOf(socketPath: string, authToken: string): Client {
  return greengrasscoreipc.createClient({
    hostName: socketPath,
    port: 0,
    socketOptions: new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.LOCAL),
    connectTransform: async ({ message }) => ({ ...message, payload: JSON.stringify({ authToken }) }),
  });
}

/** Grants everything that one service offers on all resources. */
export function allowAll(service: string): Record<string, unknown> {
  return { [service]: { 'test:1': { operations: ['*'], resources: ['*'] } } };
}

/** The modeled error of a failed call; fails where it succeeds or fails otherwise. */
export async function serviceErrorOf(call: Promise<unknown>): Promise<{ _errorCode: string; _message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof eventstream_rpc.RpcError && error.serviceError !== undefined) {
      return error.serviceError as { _errorCode: string; _message: string };
    }
    throw error;
  }
  throw new Error('the call succeeded, an error was expected');
}
