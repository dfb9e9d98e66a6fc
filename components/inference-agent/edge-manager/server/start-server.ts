import { createServer } from 'node:net';

import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';
import type { Timings } from '#packages/model-package';
import { grpcStatusOf, STATUS } from '../grpc-status.ts';
import type { CallName } from '../messages.ts';
import { agentService } from './agent-service.ts';
import type { AgentHandlers } from './agent-service.ts';

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
  grpc.addService(agentService(), implementation(options));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = createServer((socket) => {
    socket.on('error', () => undefined);
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

function implementation({ handlers, log }: ServerOptions): UntypedServiceImplementation {
  const names = Object.keys(handlers) as CallName[];
  return Object.fromEntries(names.map((name) => [name, unary(name, handlers[name] as AnyHandler, log)]));
}

type AnyHandler = (request: unknown, caller: Parameters<AgentHandlers['Predict']>[1]) => unknown;

function unary(name: CallName, handler: AnyHandler, log: Logger): handleUnaryCall<unknown, unknown> {
  return (call, answer) => {
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the client hung up')));
    const deadlineMs = millisecondsUntil(call.getDeadline());
    const trailer = new Metadata();
    const tellTimings = (timings: Timings): void => trailer.set('server-timing', serverTiming(timings));
    Promise.resolve()
      .then(() => handler(call.request, { deadlineMs, signal: gone.signal, tellTimings }))
      .then(
        (response) => answer(null, response, trailer),
        (thrown: unknown) => {
          const status = grpcStatusOf(thrown);
          const fault = status.code === STATUS.INTERNAL;
          log[fault ? 'error' : 'debug']({ call: name, error: wireErrorOf(thrown) }, 'edge-manager.call-failed');
          answer(status);
        },
      );
  };
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
