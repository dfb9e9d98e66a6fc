import { fromJSON } from '@grpc/proto-loader';
import type { ServiceDefinition } from '@grpc/proto-loader';
import type { Timings } from '#packages/model-package';
import { AGENT_PROTO } from '../agent-proto.gen.ts';
import type { AgentCalls, CallName } from '../messages.ts';
import type { Client } from './clients.ts';

/** Full name of the service, as clients spell it. */
const SERVICE_NAME = 'AWS.SageMaker.Edge.Agent';

/** Messages are decoded to what `messages.ts` says. */
const DECODING = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true } as const;

/** Paths and codecs of the seven calls. */
export function agentService(): ServiceDefinition {
  return fromJSON(AGENT_PROTO as never, DECODING)[SERVICE_NAME] as ServiceDefinition;
}

/** The facts that a call has about its caller. */
export interface Caller {
  /** Milliseconds from now; undefined if the client waits as long as it takes. */
  readonly deadlineMs: number | undefined;
  /** The program that calls. */
  readonly client: () => Client;
  /** Text that the client sent as metadata; undefined if it did not. */
  readonly header: (name: string) => string | undefined;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
  /** Says where the time went, in the trailing metadata of the answer: `server-timing`, as in W3C Server Timing. */
  readonly tellTimings: (timings: Timings) => void;
  /** Logs a warning about a model, once per client, event and model. */
  readonly warnOnce: (event: string, model: string, facts: object) => void;
}

export type AgentHandlers = {
  readonly [Name in CallName]: (
    request: AgentCalls[Name][0],
    caller: Caller,
  ) => AgentCalls[Name][1] | Promise<AgentCalls[Name][1]>;
};
