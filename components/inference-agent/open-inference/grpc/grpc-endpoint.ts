import type { Duplex } from 'node:stream';
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { handleUnaryCall, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { isEdgeError, messageOf, wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { OtherProtocol } from '#packages/http';
import { agentErrors } from '../../errors.ts';
import { grpcStatusOf, STATUS } from '../../edge-manager/grpc-status.ts';
import type { OpenInference } from '../open-inference.ts';
import { parametersOf, readInferMessage, writeInferMessage } from './infer-messages.ts';
import type { InferMessage, ParametersMessage } from './messages.ts';
import { OPEN_INFERENCE_PROTO } from './open-inference-proto.gen.ts';

export interface GrpcEndpointOptions {
  readonly service: OpenInference;
  /** Socket that answers what changes models; undefined on that socket itself. */
  readonly administrationSocket: string | undefined;
  /** Whether a caller with this `authorization` may ask. */
  readonly mayAsk: (authorization: string | undefined) => boolean;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Messages are decoded to what `messages.ts` says. */
const DECODING = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const;
/** How an HTTP/2 connection begins. Source: RFC 9113, 3.4. */
const PREFACE = 'PRI * HTTP/2.0';
const MAX_STREAMS = 100;
/** Connections of clients that went without a word are found by a ping. */
const KEEP_ALIVE_MS = 60_000;

/** Open Inference Protocol by gRPC, on the connections of a socket that speaks HTTP too: they are told apart by how they begin. */
export function grpcEndpoint(options: GrpcEndpointOptions): OtherProtocol {
  const grpc = new Server({
    'grpc.max_receive_message_length': options.maxMessageBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.keepalive_time_ms': KEEP_ALIVE_MS,
  });
  const definition = fromJSON(OPEN_INFERENCE_PROTO as never, DECODING)['inference.GRPCInferenceService'];
  grpc.addService(definition as ServiceDefinition, implementation(options));
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    preface: PREFACE,
    take(socket: Duplex) {
      socket.on('error', () => undefined);
      injector.injectConnection(socket);
    },
    close: (timeoutMs) =>
      new Promise((resolve) => {
        const cancel = options.clock.after(timeoutMs, () => {
          grpc.forceShutdown();
          resolve();
        });
        grpc.tryShutdown(() => {
          cancel();
          resolve();
        });
      }),
  };
}

interface ModelName {
  readonly name: string;
  readonly version: string;
}

interface RepositoryCall {
  readonly model_name: string;
  readonly parameters: ParametersMessage;
}

interface Caller {
  readonly deadlineMs: number | undefined;
  readonly signal: AbortSignal;
}

type Handler = (request: never, caller: Caller) => unknown;

function implementation(options: GrpcEndpointOptions): UntypedServiceImplementation {
  const { service } = options;
  const handlers: Readonly<Record<string, Handler>> = {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: service.isReady }),
    ServerMetadata: () => service.server(),
    ModelReady: ({ name, version }: ModelName) => ({ ready: service.isModelReady(name, version) }),
    ModelMetadata: ({ name, version }: ModelName) => service.model(name, version),
    ModelInfer: (message: InferMessage, caller) => infer(service, message, caller),
    RepositoryIndex: ({ ready }: { readonly ready: boolean }) => ({ models: service.index(ready) }),
    RepositoryModelLoad: async ({ model_name: name, parameters }: RepositoryCall, { signal }) => {
      administrationOnly(options);
      const { path } = parametersOf(parameters);
      await service.load(name, typeof path === 'string' ? path : undefined, signal);
      return {};
    },
    RepositoryModelUnload: async ({ model_name: name }: RepositoryCall) => {
      administrationOnly(options);
      await service.unload(name);
      return {};
    },
  };
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, unary(name, handler, options)]));
}

async function infer(service: OpenInference, message: InferMessage, { deadlineMs, signal }: Caller) {
  const { model_name: name, model_version: version, raw_input_contents: raw } = message;
  const bytes = raw.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const call = service.begin(name, { announcedBytes: bytes, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  signal.addEventListener('abort', () => call.cancel());
  try {
    call.arrived(bytes);
    return writeInferMessage(await service.infer(call, name, version, readInferMessage(message)));
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
}

function administrationOnly({ administrationSocket: socket }: GrpcEndpointOptions): void {
  if (socket === undefined) return;
  const message = `load and unload change models: ask on the administration socket, ${socket}`;
  throw agentErrors.error('http.administration-only', message, { facts: { socket } });
}

function unary(
  name: string,
  handler: Handler,
  { mayAsk, log }: GrpcEndpointOptions,
): handleUnaryCall<unknown, unknown> {
  return (call, answer) => {
    if (!mayAsk(authorizationOf(call))) {
      return answer({
        code: STATUS.UNAUTHENTICATED,
        details: 'the token is missing or wrong (metadata "authorization")',
      });
    }
    const gone = new AbortController();
    call.on('cancelled', () => gone.abort(new Error('the client hung up')));
    const deadlineMs = millisecondsUntil(call.getDeadline());
    Promise.resolve()
      .then(() => handler(call.request as never, { deadlineMs, signal: gone.signal }))
      .then(
        (response) => answer(null, response, new Metadata()),
        (thrown: unknown) => {
          const status = isEdgeError(thrown)
            ? grpcStatusOf(thrown)
            : { code: STATUS.INTERNAL, details: messageOf(thrown) };
          const fault = status.code === STATUS.INTERNAL;
          log[fault ? 'error' : 'debug']({ call: name, error: wireErrorOf(thrown) }, 'open-inference.call-failed');
          answer(status);
        },
      );
  };
}

function authorizationOf({ metadata }: ServerUnaryCall<unknown, unknown>): string | undefined {
  const [value] = metadata.get('authorization');
  return typeof value === 'string' ? value : undefined;
}

/** gRPC gives deadlines as a date, or infinity for none. */
function millisecondsUntil(deadline: Date | number): number | undefined {
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(1, at - Date.now()) : undefined;
}
