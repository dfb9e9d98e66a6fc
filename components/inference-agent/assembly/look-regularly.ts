import { repeat, watchDescriptors, watchFreeDisk } from '#packages/foundation';
import type { Clock, Incidents } from '#packages/foundation';
import type { RestoredModels } from '../edge-manager/restored-models.ts';
import type { DriftBook } from '../drift/drift-book.ts';
import type { AgentIncidents } from '../health/agent-incidents.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { ConfigurationFollower } from '../settings/configuration-follower.ts';
import type { StandInRequests } from '../settings/stand-in-requests.ts';

export interface RegularLooks {
  readonly workFolder: string;
  readonly incidents: Incidents;
  readonly troubles: AgentIncidents;
  readonly registry: ModelRegistry;
  /** The registry of challengers. */
  readonly challengers: Pick<ModelRegistry, 'retireOrphans'>;
  readonly restoredModels: RestoredModels;
  readonly follower: ConfigurationFollower;
  readonly standIn: StandInRequests;
  /** Judges the models that serve again. */
  readonly judgeAgain: () => void;
  readonly drift: DriftBook;
  readonly clock: Clock;
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
export function lookRegularly(looks: RegularLooks): () => void {
  const { workFolder, incidents, troubles, registry, restoredModels, follower, standIn, judgeAgain, drift, clock } =
    looks;
  const stops = [
    repeat(clock, DISK_CHECK_MS, async () => {
      troubles.look();
      watchDescriptors(incidents);
      await watchFreeDisk(workFolder, incidents);
    }),
    repeat(clock, ORPHAN_CHECK_MS, async () => {
      await registry.retireOrphans();
      await looks.challengers.retireOrphans();
      await restoredModels.look();
    }),
    repeat(clock, OVERLAY_CHECK_MS, async () => {
      await follower.lookAtOverlay();
      await standIn.look();
    }),
    repeat(clock, DRIFT_CHECK_MS, () => drift.look()),
    repeat(clock, TRUST_CHECK_MS, async () => judgeAgain()),
  ];
  return () => stops.forEach((stop) => stop());
}
