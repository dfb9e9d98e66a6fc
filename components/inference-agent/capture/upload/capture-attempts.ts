import type { Clock, Logger } from '#packages/foundation';
import { UploadAttempts } from '#packages/object-store';

/** Bound on one attempt: a capture file with the files beside it. */
const TIMEOUT_MS = 120_000;

/** Attempts to upload captures. @param capMs longest wait between them */
export function captureAttempts(
  { clock, random, log }: { readonly clock: Clock; readonly random: () => number; readonly log: Logger },
  capMs: number,
): UploadAttempts {
  const events = { failed: 'capture.upload-failed', recovered: 'capture.upload-recovered' };
  return new UploadAttempts({ clock, random, log, events, timeoutMs: () => TIMEOUT_MS, capMs: () => capMs });
}
