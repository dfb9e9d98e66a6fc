import type { Incidents } from '../log/incidents.ts';
import { processCounts } from './process-counts.ts';
import type { ProcessCounts } from './process-counts.ts';

/** From this share of what the process may have open on, most of what goes wrong next goes wrong without a reason that anybody understands. */
const HIGH = 0.9;
/** Below this share it is over. Between the two nothing changes, so that it is not told again and again. */
const LOW = 0.75;

/**
 * Opens an incident while nearly as many descriptors are open as the process may have: the next connection, file or program fails.
 *
 * @param counts default: those of this process; undefined if the system does not tell
 */
export function watchDescriptors(
  incidents: Incidents,
  counts: Pick<ProcessCounts, 'descriptors' | 'maxDescriptors'> | undefined = processCounts(),
): void {
  if (!counts) return;
  const { descriptors, maxDescriptors } = counts;
  if (descriptors < LOW * maxDescriptors) return incidents.resolved('descriptors', 'descriptors.has-room-again');
  if (descriptors < HIGH * maxDescriptors) return;
  const message = `${descriptors} files, sockets and pipes are open, and the process may have ${maxDescriptors}; beyond that it can open nothing, start nothing, and take no connection`;
  const todo =
    'Find out who opens so many connections (the metrics tell), or raise the limit; if the number grows by itself, report it as a fault.';
  incidents.opened('descriptors', 'descriptors.low', { message, todo, severity: 'error' });
}
