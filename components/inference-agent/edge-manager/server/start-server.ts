import { createServer } from 'node:net';

import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';
import type { Timings } from '#packages/model-package';
import { shutDown } from '../../grpc/shut-down.ts';
import { unaryCall } from '../../grpc/unary-call.ts';
import type { UnaryCall } from '../../grpc/unary-call.ts';
import type { CallName } from '../messages.ts';
import { agentService } from './agent-service.ts';
import type { AgentHandlers } from './agent-service.ts';
import { Clients } from './clients.ts';
import type { Client } from './clients.ts';
import { OncePerClient } from './once-per-client.ts';

export interface ServerOptions {
  readonly socketPath: string;
  /** Permissions of the socket, e.g. 0o660. */
  readonly mode: number;
  /** Larger requests get RESOURCE_EXHAUSTED. */
  readonly maxMessageBytes: number;
  readonly handlers: AgentHandlers;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface GrpcServer {
  /** Takes no new calls, lets those that run finish for `timeoutMs`, removes the socket. */
  close(timeoutMs: number): Promise<void>;
}

/** Serves Edge Manager's clients. @throws EdgeError `socket.*` */
export async function startGrpcServer(options: ServerOptions): Promise<GrpcServer> {
  const grpc = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
  });
  const clients = new Clients();
  grpc.addService(agentService(), implementation(options, clients));
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

function implementation({ handlers, log }: ServerOptions, clients: Clients): UntypedServiceImplementation {
  const once = new OncePerClient(log);
  const clientOf = ({ peer, header }: UnaryCall): Client => clients.of(peer, header('user-agent') ?? '');
  const unary = (name: CallName) =>
    unaryCall(
      (call) =>
        (handlers[name] as AnyHandler)(call.request, {
          client: () => clientOf(call),
          deadlineMs: call.deadlineMs,
          signal: call.signal,
          tellTimings: (timings) => call.trailer.set('server-timing', serverTiming(timings)),
          warnOnce: (event, model, facts) => once.warn(event, clientOf(call), model, { call: name, model, ...facts }),
        }),
      (call, thrown, status) =>
        once.failed(clientOf(call), { call: name, model: modelOf(call.request), error: wireErrorOf(thrown) }, status),
    );
  return Object.fromEntries((Object.keys(handlers) as CallName[]).map((name) => [name, unary(name)]));
}

type AnyHandler = (request: unknown, caller: Parameters<AgentHandlers['Predict']>[1]) => unknown;

/** How the request names its model; undefined for calls that name none. */
function modelOf(request: unknown): string | undefined {
  const { name, handle, model_name: captured } = request as Partial<Record<'name' | 'handle' | 'model_name', string>>;
  return name || handle || captured || undefined;
}

function serverTiming({ queueMs = 0, preprocessMs, runMs }: Timings): string {
  const times = { queue: queueMs, bind: preprocessMs, run: runMs };
  return Object.entries(times)
    .map(([name, ms]) => `${name};dur=${ms.toFixed(3)}`)
    .join(', ');
}
