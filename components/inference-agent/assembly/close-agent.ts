import type { Clock } from '#packages/foundation';
import type { FeedbackClient } from '#packages/http';
import type { Admission } from '../admission/admission.ts';
import type { CaptureService } from '../capture/capture-service.ts';
import type { DriftBook } from '../drift/drift-book.ts';
import type { OpenChallengers } from '../challenger/open-challengers.ts';
import type { GrpcFace } from '../grpc/grpc-face.ts';
import type { DifferenceFeedback } from '../feedback/difference-feedback.ts';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import type { OpenLeases } from '../frames/lease-route.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Quarantine } from '../registry/quarantine.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { FleetLink } from './fleet-link.ts';
import type { AgentSockets } from './open-sockets.ts';

export interface AgentParts {
  readonly sockets: AgentSockets;
  readonly edgeManager: GrpcFace;
  readonly lookout: GrpcFace;
  readonly capture: CaptureService;
  readonly admission: Admission<ServingModel>;
  readonly leases: OpenLeases;
  readonly registry: ModelRegistry;
  readonly challengers: Pick<OpenChallengers, 'close'>;
  readonly quarantine: Quarantine;
  readonly feedback: V1Feedback;
  readonly differences: DifferenceFeedback;
  readonly uploader: FeedbackClient;
  readonly frames: FrameMemory;
  readonly link: FleetLink;
  readonly drift: DriftBook;
}

/** How long samples may take to reach the uploader at the end. */
const FEEDBACK_END_MS = 500;
/** Part of the time for ending in which requests may still be answered. */
const END_SHARE = 0.7;

/** Answers what runs, ends the models, removes the sockets; within about `timeoutMs`. */
export async function closeAgent(parts: AgentParts, clock: Clock, timeoutMs: number): Promise<void> {
  const { sockets, edgeManager, capture, admission, leases, registry, quarantine, feedback, uploader, frames } = parts;
  const [answerMs, restMs] = [END_SHARE * timeoutMs, (1 - END_SHARE) * timeoutMs];
  const served = Promise.all([
    sockets.close(timeoutMs),
    parts.lookout.close(answerMs),
    // Calls that run may still bring captures.
    edgeManager.close(answerMs).then(() => capture.close(restMs)),
  ]);
  // Requests that were let in are answered, also those that wait for a worker, and those that come on connections that were open.
  const end = clock.monotonic() + answerMs;
  await within(clock, answerMs, admission.idle());
  leases.close();
  // Nobody can name a frame any more; what follows may take longer than a supervisor waits.
  frames.close();
  await within(clock, end - clock.monotonic(), sockets.closeInference(timeoutMs));
  admission.stop();
  await Promise.all([served, registry.close(restMs), parts.challengers.close(restMs), quarantine.close()]);
  await Promise.all([feedback.close(FEEDBACK_END_MS), parts.differences.close(FEEDBACK_END_MS)]);
  uploader.close();
  await parts.drift.save();
  await parts.link.close();
}

/** Waits for the work, `ms` at most. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => (cancel = clock.after(ms, resolve)));
  await Promise.race([work, over]);
  cancel();
}
