import { Metadata } from '@grpc/grpc-js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { grpcStatusOf } from './grpc-status.ts';
import type { GrpcStatus } from './grpc-status.ts';

/** A call with one request and one answer, as its handler sees it. */
export interface UnaryCall {
  readonly request: unknown;
  /** Milliseconds from now; undefined if the client waits as long as it takes. */
  readonly deadlineMs: number | undefined;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
  /** Address of the client, as gRPC tells it. */
  readonly peer: string;
  /** Sent after the answer. */
  readonly trailer: Metadata;
  /** Text that the client sent as metadata; undefined if it did not. */
  readonly header: (name: string) => string | undefined;
}

/** Answers a call with what `handle` returns, or with the status of what it throws, of which `onFailed` is told first. */
export function unaryCall(
  handle: (call: UnaryCall) => unknown,
  onFailed: (call: UnaryCall, thrown: unknown, status: GrpcStatus) => void,
): handleUnaryCall<unknown, unknown> {
  return (given, answer) => {
    const gone = new AbortController();
    given.on('cancelled', () => gone.abort(new Error('the client hung up')));
    const call: UnaryCall = {
      request: given.request,
      deadlineMs: millisecondsUntil(given.getDeadline()),
      signal: gone.signal,
      trailer: new Metadata(),
      get peer() {
        return given.getPeer();
      },
      header: (name) => {
        const [value] = given.metadata.get(name);
        return typeof value === 'string' ? value : undefined;
      },
    };
    Promise.resolve(call)
      .then(handle)
      .then(
        (response) => answer(null, response, call.trailer),
        (thrown: unknown) => {
          const status = grpcStatusOf(thrown);
          onFailed(call, thrown, status);
          answer(status);
        },
      );
  };
}

/** Deadlines travel as the time that is left; gRPC gives them as a date, or infinity for none. */
function millisecondsUntil(deadline: Date | number): number | undefined {
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}
