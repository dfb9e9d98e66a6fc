import { createServer } from 'node:net';

import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';
import type { Timings } from '#packages/model-package';
import { grpcStatusOf } from '../grpc-status.ts';
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
      await new Promise<void>((resolve) => {
        const cancel = options.clock.after(timeoutMs, () => {
          grpc.forceShutdown();
          resolve();
        });
        grpc.tryShutdown(() => {
          cancel();
          resolve();
        });
      });
    },
  };
}

function implementation({ handlers, log }: ServerOptions, clients: Clients): UntypedServiceImplementation {
  const names = Object.keys(handlers) as CallName[];
  const once = new OncePerClient(log);
  return Object.fromEntries(names.map((name) => [name, unary(name, handlers[name] as AnyHandler, { clients, once })]));
}

type AnyHandler = (request: unknown, caller: Parameters<AgentHandlers['Predict']>[1]) => unknown;

interface UnaryPorts {
  readonly clients: Clients;
  readonly once: OncePerClient;
}

function unary(name: CallName, handler: AnyHandler, { clients, once }: UnaryPorts): handleUnaryCall<unknown, unknown> {
  return (call, answer) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the client hung up')));
    const deadlineMs = millisecondsUntil(call.getDeadline());
    const trailer = new Metadata();
    const tellTimings = (timings: Timings): void => trailer.set('server-timing', serverTiming(timings));
    const client = (): Client => clients.of(call.getPeer(), String(call.metadata.get('user-agent')[0] ?? ''));
    const warnOnce = (event: string, model: string, facts: object): void =>
      once.warn(event, client(), model, { call: name, model, ...facts });
    Promise.resolve()
      .then(() => handler(call.request, { deadlineMs, signal: gone.signal, tellTimings, warnOnce }))
      .then(
        (response) => answer(null, response, trailer),
        (thrown: unknown) => {
          const status = grpcStatusOf(thrown);
          once.failed(client(), { call: name, model: modelOf(call.request), error: wireErrorOf(thrown) }, status);
          answer(status);
        },
      );
  };
}

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

/** Deadlines travel as the time that is left; gRPC gives them as a date, or infinity for none. */
function millisecondsUntil(deadline: Date | number): number | undefined {
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}
