import type { Clock } from '#packages/foundation';
import type { OpenLeases } from '../frames/lease-route.ts';
import type { Agent, AgentOptions } from './agent.ts';
import type { FeedbackWays } from './feedback-ways.ts';
import type { GrpcFaces } from './grpc-faces.ts';
import type { AgentSockets } from './open-sockets.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface EndingParts {
  /** Ends what the agent does without being asked. May be called again. */
  readonly stopFollowing: () => void;
  readonly sockets: AgentSockets;
  readonly faces: GrpcFaces;
  readonly serving: Serving;
  readonly watchers: Pick<Watchers, 'drift' | 'link'>;
  readonly feedback: FeedbackWays;
  readonly leases: OpenLeases;
}

/** How long samples may take to reach the uploader at the end. */
const FEEDBACK_END_MS = 500;
/** Part of the time for ending in which requests may still be answered. */
const END_SHARE = 0.7;

/** The two ways in which the agent ends; `close` may follow `standBy`. */
export function agentEnding(options: AgentOptions, parts: EndingParts): Pick<Agent, 'standBy' | 'close'> {
  let standingBy: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  return {
    standBy: (timeoutMs) => (standingBy ??= standBy(parts, timeoutMs)),
    close: (timeoutMs) => (closing ??= closeAgent(options, parts, timeoutMs)),
  };
}

/** Models go on serving on the socket for inference; files and the other sockets are left to the successor. */
async function standBy(parts: EndingParts, timeoutMs: number): Promise<void> {
  const { stopFollowing, sockets, faces, serving, watchers } = parts;
  stopFollowing();
  serving.registry.freeze();
  serving.quarantine.handOver();
  await Promise.all([
    sockets.closeOthers(timeoutMs),
    faces.close(timeoutMs, timeoutMs),
    watchers.drift.handOver(),
    watchers.link.close(),
  ]);
}

async function closeAgent({ frames, clock }: AgentOptions, parts: EndingParts, timeoutMs: number): Promise<void> {
  const { stopFollowing, sockets, faces, serving, watchers, feedback, leases } = parts;
  const { admission, registry, challengers, quarantine } = serving;
  const [answerMs, restMs] = [END_SHARE * timeoutMs, (1 - END_SHARE) * timeoutMs];
  stopFollowing();
  const served = Promise.all([sockets.close(timeoutMs), faces.close(answerMs, restMs)]);
  // Requests that were let in are answered, also those that wait for a worker, and those that come on connections that were open.
  const end = clock.monotonic() + answerMs;
  await within(clock, answerMs, admission.idle());
  leases.close();
  // Nobody can name a frame any more; what follows may take longer than a supervisor waits.
  frames.close();
  await within(clock, end - clock.monotonic(), sockets.closeInference(timeoutMs));
  admission.stop();
  await Promise.all([served, registry.close(restMs), challengers.close(restMs), quarantine.close()]);
  await Promise.all([feedback.feedback.close(FEEDBACK_END_MS), feedback.differences.close(FEEDBACK_END_MS)]);
  feedback.uploader.close();
  await watchers.drift.save();
  await watchers.link.close();
}

/** Waits for the work, `ms` at most. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => (cancel = clock.after(ms, resolve)));
  await Promise.race([work, over]);
  cancel();
}
