import { credentials, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import { OPEN_INFERENCE_PROTO } from '../../components/inference-agent/open-inference/grpc/open-inference-proto.gen.ts';

type Unary = (
  request: object,
  metadata: Metadata,
  answer: (error: ServiceError | null, response: unknown) => void,
) => unknown;

/** A bare client of the gRPC service. */
export class OpenInferenceClient {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** @param authority certificate that the server's is signed with; without it nothing is encrypted */
  constructor(address: string, authorization?: string, authority?: string) {
    const decoding = { keepCase: true, longs: Number, defaults: true, oneofs: true };
    const service = fromJSON(OPEN_INFERENCE_PROTO as never, decoding)['inference.GRPCInferenceService'];
    const Constructor = makeGenericClientConstructor(service as ServiceDefinition, 'inference');
    this.#client = new Constructor(
      address,
      authority === undefined ? credentials.createInsecure() : credentials.createSsl(Buffer.from(authority)),
    );
    if (authorization !== undefined) this.#metadata.set('authorization', authorization);
  }

  /** Rejects with the status that the server gave. */
  call(name: string, request: object = {}): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const method = (this.#client as unknown as Record<string, Unary>)[name] as Unary;
      method.call(this.#client, request, this.#metadata, (error, response) =>
        error ? reject(error) : resolve(response as Record<string, unknown>),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
