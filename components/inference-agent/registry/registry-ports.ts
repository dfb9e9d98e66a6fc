import type { KeyHolder, ModelPackage } from '#packages/model-package';
import type { Clock, Serial } from '#packages/foundation';
import type { ModelRole } from '#packages/http';
import type { Announce } from '../events/agent-event.ts';
import type { InstanceSettings, OpenInstance } from '../instance/model-instance.ts';
import type { Kept, PackageStore } from '../store/package-store.ts';
import type { VettingPolicy } from '../trust/judge-package.ts';
import type { MinimumVersions } from '../trust/minimum-versions.ts';
import type { Quarantine } from './quarantine.ts';

export interface RegistryPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: Pick<
    PackageStore,
    'forget' | 'keep' | 'read' | 'recall' | 'records' | 'remember' | 'signAgain' | 'tidy' | 'unpack'
  >;
  readonly openInstance: OpenInstance;
  /** Opens the keys of encrypted packages. */
  readonly keys: KeyHolder;
  readonly quarantine: Quarantine;
  readonly minimums: MinimumVersions;
  readonly announce: Announce;
  /** Read again for each activation: configuration changes while the agent runs. */
  readonly policy: () => RegistryPolicy;
  readonly freeMemory: () => number;
  /** Default: `champion`. Challengers load behind all that serves, and go back to no former one. */
  readonly role?: ModelRole;
  /** Models load one at a time: those of another registry on the device share its turns. Default: turns of its own. */
  readonly loadTurns?: Serial;
  /** Work may be handed out: a model came, went, or has a worker back. */
  readonly onChange: () => void;
}

export interface RegistryPolicy extends VettingPolicy {
  readonly retireGraceMs: number;
  /** For all phases of an activation together. */
  readonly loadTimeoutMs: number;
  instance(alias: string): InstanceSettings;
  memoryLimitBytes(alias: string): number | undefined;
  /** After this long every client of the alias has its answer. */
  drainMs(alias: string): number;
}

/** The registry's services for the loader. */
export interface LoaderPorts extends RegistryPorts {
  /** Puts a copy into the store, for which other aliases may have to make room. @throws EdgeError `package.changed` */
  keep(alias: string, model: ModelPackage, signal?: AbortSignal): Promise<Kept>;
}
