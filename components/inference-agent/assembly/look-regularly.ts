import { repeat, watchDescriptors, watchFreeDisk } from '#packages/foundation';
import type { AgentOptions } from './agent.ts';
import type { ConfigurationFollowing } from './follow-configuration.ts';
import type { Reports } from './reports.ts';
import type { Serving } from './serving.ts';
import type { Watchers } from './watchers.ts';

export interface RegularLooks {
  readonly reports: Pick<Reports, 'incidents'>;
  readonly serving: Pick<Serving, 'registry' | 'challengers' | 'restored'>;
  readonly watchers: Pick<Watchers, 'troubles' | 'policyWatch' | 'drift'>;
  readonly following: Pick<ConfigurationFollowing, 'look'>;
}

/** How often models are looked for whose package folder is gone. */
const ORPHAN_CHECK_MS = 15_000;
/** How often the configuration of the component that stands in for Edge Manager is looked at. */
const OVERLAY_CHECK_MS = 30_000;
/** How often the trusted keys of a folder are looked at: nobody tells when they change. */
const TRUST_CHECK_MS = 30_000;
/** How often free room is looked at, and whether past trouble is over. */
const DISK_CHECK_MS = 30_000;
/** How often windows are looked at whose services are not asked. */
const DRIFT_CHECK_MS = 15_000;

/** Looks again and again at everything that may change without a word, until the returned function is called. */
export function lookRegularly({ workFolder, clock }: AgentOptions, looks: RegularLooks): () => void {
  const { reports, serving, watchers, following } = looks;
  const { registry, challengers, restored } = serving;
  const stops = [
    repeat(clock, DISK_CHECK_MS, async () => {
      watchers.troubles.look();
      watchDescriptors(reports.incidents);
      await watchFreeDisk(workFolder, reports.incidents);
    }),
    repeat(clock, ORPHAN_CHECK_MS, async () => {
      await registry.retireOrphans();
      await challengers.registry.retireOrphans();
      await restored.look();
    }),
    repeat(clock, OVERLAY_CHECK_MS, () => following.look()),
    repeat(clock, DRIFT_CHECK_MS, () => watchers.drift.look()),
    repeat(clock, TRUST_CHECK_MS, async () => watchers.policyWatch.look()),
  ];
  return () => stops.forEach((stop) => stop());
}
