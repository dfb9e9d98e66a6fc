import type { Logger, WireError } from '#packages/foundation';
import { STATUS } from '../../grpc/grpc-status.ts';
import type { GrpcStatus } from '../../grpc/grpc-status.ts';
import type { Client } from './clients.ts';

/** A client beyond these counts as new when it comes again. */
const MAX_CLIENTS = 256;
/** Further reasons of one client go to debug only: clients make up names of models. */
const MAX_REASONS = 64;

export interface FailedCall {
  readonly call: string;
  readonly model: string | undefined;
  readonly error: WireError;
}

/** Logs a warning about a client at warn the first time, so that it is seen, and at debug after that, so that it hides nothing else. */
export class OncePerClient {
  readonly #log: Logger;
  readonly #failure: string;
  readonly #told = new Map<string, Set<string>>();

  /** @param failure event of a call that is answered with an error */
  constructor(log: Logger, failure: string) {
    this.#log = log;
    this.#failure = failure;
  }

  /** @param about tells this warning from others of the same event and client */
  warn(event: string, client: Client, about: string, facts: object): void {
    const level = this.#isFirst(client, `${event} ${about}`) ? 'warn' : 'debug';
    this.#log[level]({ ...facts, ...namesOf(client) }, event);
  }

  /** A call that is answered with an error. The agent's own faults are logged as errors each time. */
  failed(client: Client, { call, model, error }: FailedCall, { code }: GrpcStatus): void {
    const facts = { call, ...(model === undefined ? {} : { model }), error };
    if (code === STATUS.INTERNAL) this.#log.error({ ...facts, ...namesOf(client) }, this.#failure);
    else this.warn(this.#failure, client, `${call} ${error.code} ${model ?? ''}`, facts);
  }

  #isFirst({ key }: Client, reason: string): boolean {
    const reasons = this.#told.get(key) ?? new Set();
    // The client that was quiet for longest is forgotten first.
    this.#told.delete(key);
    this.#told.set(key, reasons);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_CLIENTS && oldest !== undefined) this.#told.delete(oldest);
    if (reasons.has(reason) || reasons.size >= MAX_REASONS) return false;
    reasons.add(reason);
    return true;
  }
}

function namesOf({ program, pid }: Client): object {
  return { client: program, ...(pid === undefined ? {} : { pid }) };
}
