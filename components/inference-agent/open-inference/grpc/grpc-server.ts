import type { Duplex } from 'node:stream';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { UntypedServiceImplementation } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { wireErrorOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { agentErrors } from '../../errors.ts';
import { STATUS } from '../../grpc/grpc-status.ts';
import { shutDown } from '../../grpc/shut-down.ts';
import { unaryCall } from '../../grpc/unary-call.ts';
import type { UnaryCall } from '../../grpc/unary-call.ts';
import type { OpenInference } from '../open-inference.ts';
import { DECODING } from './decoding.ts';
import { parametersOf, readInferMessage, writeInferMessage } from './infer-messages.ts';
import type { InferMessage, ParametersMessage } from './messages.ts';
import { OPEN_INFERENCE_PROTO } from './open-inference-proto.gen.ts';

export interface GrpcServerOptions {
  readonly service: OpenInference;
  /** Socket that answers what changes models; undefined on that socket itself. */
  readonly administrationSocket: string | undefined;
  /** Throws if a caller with this `authorization` may not ask. */
  readonly authorize: (authorization: string | undefined) => void;
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAX_STREAMS = 100;
/** Connections of clients that went without a word are found by a ping. */
const KEEP_ALIVE_MS = 60_000;

export interface GrpcServer {
  take(socket: Duplex): void;
  /** Takes no new calls, lets those that run finish for `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** Open Inference Protocol by gRPC, on connections that others have accepted. */
export function grpcServer(options: GrpcServerOptions): GrpcServer {
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
    take(socket) {
      socket.on('error', () => undefined);
      injector.injectConnection(socket);
    },
    close: (timeoutMs) => shutDown(grpc, options.clock, timeoutMs),
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

type Handler = (request: never, call: UnaryCall) => unknown;

function implementation(options: GrpcServerOptions): UntypedServiceImplementation {
  const { service } = options;
  const handlers: Readonly<Record<string, Handler>> = {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: service.isReady }),
    ServerMetadata: () => service.server(),
    ModelReady: ({ name, version }: ModelName) => ({ ready: service.isModelReady(name, version) }),
    ModelMetadata: ({ name, version }: ModelName) => service.model(name, version),
    ModelInfer: (message: InferMessage, call) => infer(service, message, call),
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

async function infer(service: OpenInference, message: InferMessage, { deadlineMs, signal }: UnaryCall) {
  const { model_name: name, model_version: version, raw_input_contents: raw } = message;
  const bytes = raw.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const call = service.begin(name, { announcedBytes: bytes, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  signal.addEventListener('abort', () => call.cancel());
  call.arrived(bytes);
  const request = await call.reading(() => readInferMessage(message));
  return writeInferMessage(await service.infer(call, name, version, request));
}

function administrationOnly({ administrationSocket: socket }: GrpcServerOptions): void {
  if (socket === undefined) return;
  const message = `load and unload change models: ask on the administration socket, ${socket}`;
  throw agentErrors.error('http.administration-only', message, { facts: { socket } });
}

function unary(name: string, handler: Handler, { authorize, log }: GrpcServerOptions) {
  return unaryCall(
    (call) => {
      authorize(call.header('authorization'));
      return handler(call.request as never, call);
    },
    (_call, thrown, { code }) => {
      const level = code === STATUS.INTERNAL ? 'error' : 'debug';
      log[level]({ call: name, error: wireErrorOf(thrown) }, 'open-inference.call-failed');
    },
  );
}
