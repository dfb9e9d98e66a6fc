import type { Client } from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc.js';
import { messageOf } from '#packages/foundation';
import { cliErrors } from '../errors.ts';
import { readCliInfo } from './cli-info.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 30_000;

/** A connection to a running core (or nucleus) for the length of one command. */
export interface NucleusClient {
  readonly sdk: Client;
  /** Awaits a call of the SDK, bounded in time, with errors that say what the nucleus said. */
  call<Result>(what: string, call: Promise<Result>): Promise<Result>;
  /** Aborted when the nucleus hangs up. */
  readonly gone: AbortSignal;
}

/**
 * Connects with the token of command-line clients, runs `use`, disconnects.
 *
 * @throws EdgeError `cli.no-core`, `cli.refused`, `cli.timeout`
 */
export async function withNucleus<Result>(
  root: string,
  use: (client: NucleusClient) => Promise<Result>,
): Promise<Result> {
  const { socketPath, token } = await readCliInfo(root);
  const ipc = await import('aws-iot-device-sdk-v2/dist/greengrasscoreipc.js');
  const sdk = ipc.createClient({
    ...ipc.createDefaultClientConfig(),
    hostName: socketPath,
    connectTransform: async ({ message }) => ({ ...message, payload: JSON.stringify({ authToken: token }) }),
  });
  const gone = new AbortController();
  sdk.on('disconnection', () =>
    gone.abort(cliErrors.error('cli.no-core', `the core below ${root} went away`, { facts: { root } })),
  );
  try {
    await within(CONNECT_TIMEOUT_MS, `connecting to ${socketPath}`, sdk.connect()).catch((cause: unknown) => {
      const message = `cannot connect to the core below ${root}: ${reasonOf(cause)}`;
      throw cliErrors.error('cli.no-core', message, { cause, facts: { root } });
    });
    return await use({ sdk, gone: gone.signal, call });
  } finally {
    await sdk.close().catch(() => undefined);
  }
}

async function call<Result>(what: string, pending: Promise<Result>): Promise<Result> {
  try {
    return await within(CALL_TIMEOUT_MS, what, pending);
  } catch (cause) {
    if (cliErrors.is(cause, 'cli.timeout')) throw cause;
    const message = `${what}: ${reasonOf(cause)}`;
    throw cliErrors.error('cli.refused', message, { cause });
  }
}

async function within<Result>(ms: number, what: string, pending: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(cliErrors.error('cli.timeout', `${what} took longer than ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([pending, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The SDK hides what the nucleus said in `serviceError`. */
function reasonOf(thrown: unknown): string {
  const { serviceError, internalError } = (thrown ?? {}) as {
    serviceError?: { message?: string; _message?: string; _errorCode?: string };
    internalError?: unknown;
  };
  const said = serviceError?.message ?? serviceError?._message;
  if (said !== undefined) return said;
  if (serviceError?._errorCode !== undefined) return serviceError._errorCode;
  return internalError === undefined ? messageOf(thrown) : `${messageOf(thrown)}: ${messageOf(internalError)}`;
}
