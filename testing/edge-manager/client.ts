import { credentials, loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import type { CallOptions, Client, ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

import { PATIENCE_MS } from '../patience.ts';
import { protoOf } from './generations.ts';
import type { ClientGeneration } from './generations.ts';

export interface TensorValue {
  readonly tensor_metadata?: {
    readonly name?: string | Uint8Array;
    readonly data_type?: string | number;
    readonly shape?: readonly number[];
  };
  readonly byte_data?: Uint8Array;
  readonly shared_memory_handle?: {
    readonly size?: number;
    readonly offset?: number;
    readonly segment_id: number;
  };
}

export interface AnsweredTensor {
  readonly tensor_metadata: AnsweredMetadata;
  readonly byte_data: Buffer;
}

interface AnsweredMetadata {
  readonly name: string | Buffer;
  readonly data_type: string;
  readonly shape: readonly number[];
}

interface AnsweredModel {
  readonly url: string;
  readonly name: string;
  readonly handle?: string;
  readonly input_tensor_metadatas: readonly AnsweredMetadata[];
  readonly output_tensor_metadatas: readonly AnsweredMetadata[];
}

/** The answers of the seven calls. */
interface Answers {
  readonly Predict: { readonly tensors: readonly AnsweredTensor[] };
  readonly LoadModel: { readonly model: AnsweredModel };
  readonly UnLoadModel: object;
  readonly ListModels: { readonly models: readonly AnsweredModel[] };
  readonly DescribeModel: { readonly model: AnsweredModel };
  readonly CaptureData: object;
  readonly GetCaptureDataStatus: { readonly status: string };
}

/** A client of one generation, made from its own reduced interface, as an application of that year would have been. */
export class EdgeClient {
  readonly #client: Client;

  /** @param target as applications write it: `unix:///path` or `unix:/path` */
  constructor(target: string, generation: ClientGeneration = '2022') {
    const { root } = protobuf.parse(protoOf(generation), { keepCase: true });
    const definition = fromJSON(root.toJSON(), { keepCase: true, longs: Number, enums: String, defaults: true });
    const Agent = (loadPackageDefinition(definition) as unknown as AgentPackage).AWS.SageMaker.Edge.Agent;
    this.#client = new Agent(target, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': -1,
      // Each has its own connection, as applications have.
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Rejects with the status of the call: `{code, details}`. */
  call<Name extends keyof Answers>(
    name: Name,
    request: object = {},
    options: CallOptions = {},
    metadata = new Metadata(),
  ): Promise<Answers[Name]> {
    return this.start(name, request, options, metadata).answer;
  }

  /** A Predict, and the time in milliseconds that the agent says the model took of it. */
  async timedPredict(request: object): Promise<{ readonly runMs: number }> {
    const methods = this.#client as unknown as Record<string, UnaryMethod>;
    return new Promise((resolve, reject) => {
      const call = methods['Predict']!(
        request,
        new Metadata(),
        { deadline: Date.now() + PATIENCE_MS },
        (error) => error && reject(error),
      );
      call.on('status', ({ metadata }) => {
        const [timing] = metadata.get('server-timing');
        resolve({ runMs: Number(/run;dur=([\d.]+)/.exec(String(timing))?.[1]) });
      });
    });
  }

  /** As `call`, for calls that are to be given up. */
  start<Name extends keyof Answers>(name: Name, request: object, options: CallOptions = {}, metadata = new Metadata()) {
    const methods = this.#client as unknown as Record<string, UnaryMethod>;
    let cancel = (): void => undefined;
    const answer = new Promise<Answers[Name]>((resolve, reject) => {
      const done = (error: ServiceError | null, value: unknown): void =>
        error ? reject(error) : resolve(value as Answers[Name]);
      const call = methods[name]!(request, metadata, { deadline: Date.now() + PATIENCE_MS, ...options }, done);
      cancel = () => call.cancel();
    });
    return { answer, cancel };
  }

  close(): void {
    this.#client.close();
  }
}

interface AgentPackage {
  readonly AWS: {
    readonly SageMaker: {
      readonly Edge: { readonly Agent: new (...words: ConstructorParameters<typeof Client>) => Client };
    };
  };
}

type UnaryMethod = (
  request: object,
  metadata: Metadata,
  options: CallOptions,
  done: (error: ServiceError | null, value: unknown) => void,
) => ClientUnaryCall;

/** A tensor with its bytes, and metadata as a client would copy them from ListModels. */
export function tensorOf(
  name: string | Uint8Array,
  data_type: string,
  shape: readonly number[],
  data: ArrayBufferView,
): TensorValue {
  return { tensor_metadata: { name: bytesOf(name), data_type, shape }, byte_data: rawBytes(data) };
}

export function bytesOf(name: string | Uint8Array): Uint8Array {
  return typeof name === 'string' ? Buffer.from(name) : name;
}

export function rawBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Elements of an answer, copied because protobuf places bytes anywhere. */
export function floatsOf({ byte_data: bytes }: AnsweredTensor): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
