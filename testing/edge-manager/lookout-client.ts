import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { LOOKOUT_PROTO } from '../../components/inference-agent/lookout/edge-agent-proto.gen.ts';
import { PATIENCE_MS } from '../patience.ts';

/** A client of Lookout for Vision's edge agent, as applications have it. */
export class LookoutClient {
  readonly #client: Client;

  /** @param target e.g. `unix:/tmp/agent.sock` */
  constructor(target: string) {
    const definition = fromJSON(LOOKOUT_PROTO as never, {
      keepCase: true,
      longs: Number,
      enums: String,
      defaults: true,
    });
    const { EdgeAgent } = (loadPackageDefinition(definition) as unknown as Package).AWS.LookoutVision;
    this.#client = new EdgeAgent(target, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      'grpc.max_receive_message_length': -1,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Rejects with the status of the call: `{code, details}`. */
  call<Answer>(name: string, request: object = {}): Promise<Answer> {
    const methods = this.#client as unknown as Record<string, Method>;
    return new Promise((resolve, reject) => {
      methods[name]!(request, { deadline: Date.now() + PATIENCE_MS }, (error, answer) =>
        error ? reject(error) : resolve(answer as Answer),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}

interface Package {
  readonly AWS: {
    readonly LookoutVision: { readonly EdgeAgent: new (...words: ConstructorParameters<typeof Client>) => Client };
  };
}

type Method = (request: object, options: object, done: (error: ServiceError | null, answer: unknown) => void) => void;
