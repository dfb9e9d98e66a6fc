import http from 'node:http';
import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { RING_LEASE_PATH } from './api/frame-api.ts';
import type { LeasedRing, LeaseRequest } from './api/frame-api.ts';
import { answerReader } from './answers.ts';
import { httpErrors } from './errors.ts';
import { AGENT } from './peer.ts';
import { reachableSocketPath } from './socket-path.ts';

/** A ring, and the connection that it lives by. */
export interface HeldLease {
  readonly ring: LeasedRing;
  /** Resolves when the lease has ended, from whichever side. */
  readonly ended: Promise<void>;
  /** Idempotent. */
  end(): void;
}

export interface LeaseOptions {
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

const TIMEOUT_MS = 10_000;
const MAX_LINE_BYTES = 65_536;
const answers = answerReader(AGENT);

/**
 * Asks the agent for a ring and keeps the connection.
 *
 * @throws EdgeError `frames.memory-full`, `frames.unavailable`, `agent.unreachable`, `agent.timeout`, `agent.connection-lost`,
 *   `http.no-route` of an older agent; the signal's reason
 */
export function leaseRing(socketPath: string, request: LeaseRequest, options: LeaseOptions): Promise<HeldLease> {
  const { signal, clock = systemClock } = options;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const body = JSON.stringify(request);
    const outgoing = http.request({
      agent: false,
      socketPath: reachableSocketPath(socketPath),
      method: 'POST',
      path: RING_LEASE_PATH,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    let lease: HeldLease | undefined;
    const end = (): void => void outgoing.destroy();
    const fail = (error: Error): void => {
      settled();
      reject(error);
      end();
    };
    const onAbort = (): void => fail(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    const cancelTimer = clock.after(TIMEOUT_MS, () => fail(timedOut(socketPath)));
    const settled = (): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    outgoing.on('error', (error) => lease ?? fail(unreachable(socketPath, error)));
    outgoing.on('response', (incoming) => {
      const ended = new Promise<void>((done) => incoming.once('close', done));
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('error', () => undefined);
      incoming.on('data', (chunk: string) => {
        if (lease) return;
        text += chunk;
        if (text.length > MAX_LINE_BYTES) return fail(answers.badAnswer(RING_LEASE_PATH, 'its line does not end'));
        if (incoming.statusCode !== 200 || !text.includes('\n')) return;
        settled();
        lease = { ring: JSON.parse(text) as LeasedRing, ended, end };
        resolve(lease);
      });
      incoming.on('end', () => {
        if (lease) return;
        const answer = { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.from(text) };
        try {
          answers.checked(answer);
          fail(answers.badAnswer(RING_LEASE_PATH, 'it names no ring'));
        } catch (thrown) {
          fail(thrown as Error);
        }
      });
    });
    outgoing.end(body);
  });
}

function timedOut(socketPath: string): Error {
  const message = `the agent at ${socketPath} did not lease a ring within ${TIMEOUT_MS} ms`;
  return httpErrors.error('agent.timeout', message, {
    facts: { socketPath, path: RING_LEASE_PATH, timeoutMs: TIMEOUT_MS },
  });
}

function unreachable(socketPath: string, cause: Error): Error {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  const message = `cannot reach the agent at ${socketPath}: ${cause.message}`;
  return httpErrors.error('agent.unreachable', message, { cause, facts: { socketPath, path: RING_LEASE_PATH, code } });
}
