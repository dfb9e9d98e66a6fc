import { createServer } from 'node:net';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';
import type { Timings } from '#packages/model-package';
import { shutDown } from '../../grpc/shut-down.ts';
import { unaryCall } from '../../grpc/unary-call.ts';
import type { UnaryCall } from '../../grpc/unary-call.ts';
import type { Caller } from './agent-service.ts';
import { Clients } from './clients.ts';
import type { Client } from './clients.ts';
import { OncePerClient } from './once-per-client.ts';

export interface ServerOptions {
  readonly socketPath: string;
  /** Permissions of the socket, e.g. 0o660. */
  readonly mode: number;
  /** Larger requests get RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  readonly service: ServiceDefinition;
  /** By the names of the calls. */
  readonly handlers: object;
  /** How a request names its model; undefined for calls that name none. */
  readonly modelOf: (request: unknown) => string | undefined;
  /** Event of a call that is answered with an error. */
  readonly failure: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface GrpcServer {
  /** Takes no new calls, lets those that run finish for `timeoutMs`, removes the socket. */
  close(timeoutMs: number): Promise<void>;
}

/** Serves the clients of an old agent. @throws EdgeError `socket.*` */
export async function startGrpcServer(options: ServerOptions): Promise<GrpcServer> {
  const grpc = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
  });
  const clients = new Clients();
  grpc.addService(options.service, implementation(options, clients));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
    clients.enter(socket);
    injector.injectConnection(socket);
  });
  const removeSocket = await listenOnSocket(listener, options.socketPath, options.mode);
  return {
    async close(timeoutMs) {
      await removeSocket();
      listener.close();
      await shutDown(grpc, options.clock, timeoutMs);
    },
  };
}

function implementation(
  { handlers, modelOf, failure, log }: ServerOptions,
  clients: Clients,
): UntypedServiceImplementation {
  const once = new OncePerClient(log, failure);
  const clientOf = ({ peer, header }: UnaryCall): Client => clients.of(peer, header('user-agent') ?? '');
  const unary = (name: string) =>
    unaryCall(
      (call) =>
        ((handlers as Readonly<Record<string, AnyHandler>>)[name] as AnyHandler)(call.request, {
          client: () => clientOf(call),
          deadlineMs: call.deadlineMs,
          header: call.header,
          signal: call.signal,
          tellTimings: (timings) => call.trailer.set('server-timing', serverTiming(timings)),
          warnOnce: (event, model, facts) => once.warn(event, clientOf(call), model, { call: name, model, ...facts }),
        }),
      (call, thrown, status) =>
        once.failed(clientOf(call), { call: name, model: modelOf(call.request), error: wireErrorOf(thrown) }, status),
    );
  return Object.fromEntries(Object.keys(handlers).map((name) => [name, unary(name)]));
}

type AnyHandler = (request: unknown, caller: Caller) => unknown;

function serverTiming({ queueMs = 0, preprocessMs, runMs }: Timings): string {
  const times = { queue: queueMs, bind: preprocessMs, run: runMs };
  return Object.entries(times)
    .map(([name, ms]) => `${name};dur=${ms.toFixed(3)}`)
    .join(', ');
}
