import type { Logger, WireError } from '#packages/foundation';
import { STATUS } from '../../grpc/grpc-status.ts';
import type { GrpcStatus } from '../../grpc/grpc-status.ts';
import type { CallName } from '../messages.ts';
import type { Client } from './clients.ts';

/** Clients beyond these are told of anew when they come again. */
const MAX_CLIENTS = 256;
/** Reasons of one client beyond these go to debug only: names of models are the clients' own words. */
const MAX_REASONS = 64;

export interface FailedCall {
  readonly call: CallName;
  readonly model: string | undefined;
  readonly error: WireError;
}

/** Logs what a client does at warn the first time, so that it is seen, and at debug from then on, so that nothing else is lost in it. */
export class OncePerClient {
  readonly #log: Logger;
  readonly #told = new Map<string, Set<string>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param about what else tells this warning from others of the client */
  warn(event: string, client: Client, about: string, facts: object): void {
    const level = this.#isFirst(client, `${event} ${about}`) ? 'warn' : 'debug';
    this.#log[level]({ ...facts, ...namesOf(client) }, event);
  }

  /** A call that is answered with an error; those that are the agent's own fault are logged as such each time. */
  failed(client: Client, { call, model, error }: FailedCall, { code }: GrpcStatus): void {
    const facts = { call, ...(model === undefined ? {} : { model }), error };
    if (code === STATUS.INTERNAL) this.#log.error({ ...facts, ...namesOf(client) }, EVENT);
    else this.warn(EVENT, client, `${call} ${error.code} ${model ?? ''}`, facts);
  }

  #isFirst({ key }: Client, reason: string): boolean {
    const reasons = this.#told.get(key) ?? new Set();
    // The client that was told of longest ago is forgotten first.
    this.#told.delete(key);
    this.#told.set(key, reasons);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MAX_CLIENTS && oldest !== undefined) this.#told.delete(oldest);
    if (reasons.has(reason) || reasons.size >= MAX_REASONS) return false;
    reasons.add(reason);
    return true;
  }
}

const EVENT = 'edge-manager.call-failed';

function namesOf({ program, pid }: Client): object {
  return { client: program, ...(pid === undefined ? {} : { pid }) };
}
