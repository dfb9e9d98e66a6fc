import type { RpcError } from 'aws-iot-device-sdk-v2/dist/eventstream_rpc.js';
import type { Client } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc.js';
import { messageOf } from '#packages/foundation';
import { activateStream } from './activate-stream.ts';
import type { SdkStream } from './activate-stream.ts';
import { NucleusFault } from './nucleus-transport.ts';
import type { NucleusConnection, NucleusStream, NucleusTransport, StreamEvents } from './nucleus-transport.ts';
import type { CallOperation, StreamOperation } from './nucleus-transport.ts';

export interface CrtTransportOptions {
  /** Path as the nucleus gave it; may be relative to the working directory. */
  readonly socketPath: string;
  /** `SVCUID`. */
  readonly token: string;
}

/**
 * The official client of aws-iot-device-sdk-v2. It is single-use and never reconnects; its native library, aws-crt, is loaded
 * with the first connection, so that a component which uses the other transport runs without it.
 */
export function crtTransport(options: CrtTransportOptions): NucleusTransport {
  return {
    async open(onClosed, signal) {
      const client = await createClient(options);
      await handshake(client, signal);
      const pending = new PendingWork();
      let closing = false;
      client.on('disconnection', (event) => {
        const reason = messageOf(event?.reason ?? 'closed by the nucleus');
        pending.fail(new NucleusFault('lost', `connection to the nucleus lost: ${reason}`));
        if (!closing) onClosed(reason);
      });
      return connection(client, pending, () => {
        closing = true;
      });
    },
  };
}

async function createClient({ socketPath, token }: CrtTransportOptions): Promise<Client> {
  const { createClient: create, createDefaultClientConfig } =
    await import('aws-iot-device-sdk-v2/dist/greengrasscoreipc.js');
  return create({
    ...createDefaultClientConfig(),
    hostName: socketPath,
    connectTransform: async ({ message }) => ({ ...message, payload: JSON.stringify({ authToken: token }) }),
  });
}

async function handshake(client: Client, signal: AbortSignal): Promise<void> {
  const connecting = client.connect();
  connecting.catch(() => undefined);
  try {
    await Promise.race([connecting, aborted(signal)]);
  } catch (thrown) {
    void client.close().catch(() => undefined);
    signal.throwIfAborted();
    throw handshakeFault(thrown as RpcError);
  }
}

/** RpcErrorType of the SDK: 2 HandshakeError, 5 NetworkError (hung up before ConnectAck). */
function handshakeFault(error: RpcError): NucleusFault {
  const inner = error.internalError as unknown;
  const reason = inner === undefined ? error.message : `${error.message}: ${messageOf(inner)}`;
  const type = Number(error.type);
  const kind = type === 2 ? 'refused' : type === 5 ? 'dropped' : 'unreachable';
  return new NucleusFault(kind, reason, { cause: error });
}

function connection(client: Client, pending: PendingWork, onClosing: () => void): NucleusConnection {
  const methods = client as unknown as Record<string, (request: object) => unknown>;
  const start = (operation: string, request: object): unknown => {
    try {
      return methods[methodName(operation)]?.call(client, request);
    } catch (thrown) {
      throw faultOf(thrown);
    }
  };
  return {
    call: (operation: CallOperation, request) => pending.run(async () => start(operation, request)),
    stream: (operation: StreamOperation, request, events) =>
      pending.run(() => activate(start(operation, request) as SdkStream, events)),
    async close() {
      onClosing();
      await client.close().catch(() => undefined);
    },
  };
}

async function activate(operation: SdkStream, events: StreamEvents): Promise<NucleusStream> {
  let closing = false;
  operation.on('message', events.onEvent);
  operation.on('ended', () => {
    if (!closing) events.onEnded();
  });
  const close = await activateStream(operation);
  return {
    async close() {
      closing = true;
      await close();
    },
  };
}

/** Work that waits for the nucleus. The SDK leaves it hanging when the connection goes; here it fails. */
class PendingWork {
  readonly #rejects = new Set<(fault: NucleusFault) => void>();

  run<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#rejects.add(reject);
      work()
        .then(resolve, (thrown: unknown) => reject(faultOf(thrown)))
        .finally(() => this.#rejects.delete(reject));
    });
  }

  fail(fault: NucleusFault): void {
    for (const reject of this.#rejects) reject(fault);
    this.#rejects.clear();
  }
}

/** RpcErrorType of the SDK: 4 ClientStateError, 5 NetworkError, 6 InterruptionError. */
function faultOf(thrown: unknown): NucleusFault {
  if (thrown instanceof NucleusFault) return thrown;
  const error = thrown as Partial<RpcError> & Error;
  const model = error.serviceError as { _errorCode?: string; _message?: string; message?: string } | undefined;
  if (model) {
    const errorCode = model._errorCode ?? 'ServiceError';
    return new NucleusFault('service', model._message ?? model.message ?? errorCode, { errorCode, cause: thrown });
  }
  const type = Number(error.type);
  if (type === 4 || type === 5 || type === 6 || error.internalError !== undefined) {
    return new NucleusFault('lost', messageOf(thrown), { cause: thrown });
  }
  const shape = /aws\.greengrass#(\w+)/.exec(error.message)?.[1];
  return new NucleusFault('service', messageOf(thrown), { errorCode: shape ?? 'UnmodeledError', cause: thrown });
}

function methodName(operation: string): string {
  return operation.charAt(0).toLowerCase() + operation.slice(1);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
