import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import { Aedes } from 'aedes';
import { messageOf } from '#packages/foundation';
import { listenOnPort } from '#packages/http';
import { brokerIotCore } from './broker-iot-core.ts';
import type { BrokerOptions } from './broker-iot-core.ts';
import { coreErrors } from '../errors.ts';
import type { IotCore } from './iot-core.ts';

/** An MQTT 3.1.1 broker in this process, on the loopback address. */
export interface EmbeddedBroker {
  readonly url: string;
  readonly port: number;
  /** Disconnects everybody; idempotent. Retained messages are gone. */
  close(): Promise<void>;
}

export interface BrokerPort {
  /** 0 (the default) takes a free one. */
  readonly port?: number | undefined;
  /** Ports that are tried, from `port` on, while they are taken. Default 1. */
  readonly tries?: number | undefined;
}

/** @throws EdgeError `mqtt.broker-start` */
export async function startEmbeddedBroker({ port: wanted = 0, tries = 1 }: BrokerPort = {}): Promise<EmbeddedBroker> {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  const port = await listenOnFirst(server, wanted, tries).catch((cause: unknown) => {
    throw coreErrors.error('mqtt.broker-start', `the embedded MQTT broker ${messageOf(cause)}`, { cause });
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const stopped = new Promise((resolve) => server.close(resolve));
    await new Promise<void>((resolve) => broker.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await stopped;
  };
  return { port, url: `mqtt://127.0.0.1:${port}`, close: () => (closing ??= close()) };
}

async function listenOnFirst(server: Server, port: number, tries: number): Promise<number> {
  try {
    return await listenOnPort(server, '127.0.0.1', port);
  } catch (thrown) {
    if (tries <= 1 || !isTaken(thrown)) throw thrown;
    return listenOnFirst(server, port + 1, tries - 1);
  }
}

function isTaken(thrown: unknown): boolean {
  const { code, cause } = (thrown ?? {}) as { code?: unknown; cause?: unknown };
  return code === 'EADDRINUSE' || (cause !== undefined && isTaken(cause));
}

/** The default stand-in for IoT Core: an embedded broker and the connection to it, closed together. */
export async function embeddedIotCore(
  options: Omit<BrokerOptions, 'url' | 'protocolVersion'> & BrokerPort,
): Promise<{ readonly iotCore: IotCore; readonly broker: EmbeddedBroker; close(): Promise<void> }> {
  const broker = await startEmbeddedBroker(options);
  const iotCore = brokerIotCore({ ...options, url: broker.url, protocolVersion: 4 });
  return {
    iotCore,
    broker,
    async close() {
      await iotCore.close();
      await broker.close();
    },
  };
}
