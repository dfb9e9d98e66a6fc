import type { Clock, Incidents } from '#packages/foundation';

/** As long as `run.sh` counts a crash. */
const REMEMBERED_MS = 3_600_000;
const SUBJECT = 'agent';

/** Has it among what is wrong now that the agent crashed, until it has run for an hour. Returns what ends that. */
export function tellCrashes(crashes: number, incidents: Incidents, clock: Clock): () => void {
  if (crashes === 0) return () => undefined;
  incidents.opened(SUBJECT, 'agent.crashed', {
    message: `the agent crashed ${crashes} time${crashes === 1 ? '' : 's'} in a row, each time less than an hour after its start, and was started again`,
    todo: 'Look into the log of edgeml.InferenceAgent before its last start, and report what it says.',
  });
  return clock.after(REMEMBERED_MS, () => incidents.resolved(SUBJECT, 'agent.ran-an-hour'));
}
