import { messageOf } from '#packages/foundation';

import type { ConfigurationSnapshot, DiskConfigurationStore } from '../configuration/disk-store.ts';
import type { ConfigurationUpdate } from '../configuration/update.ts';
import type { ComponentDefinition } from '../lifecycle/definition.ts';
import type { ComponentNotifier, LocalDeploymentRequest } from '../ports.ts';
import { activate, removeObsolete } from './activation.ts';
import type { ActivationContext } from './activation-context.ts';
import { writeDeployedSet } from './deployed-set.ts';
import type { DeployedSet } from './deployed-set.ts';
import type { PlanContext } from './plan.ts';

export interface DeploymentContext extends ActivationContext, PlanContext {
  readonly configuration: DiskConfigurationStore;
  readonly notifier: ComponentNotifier;
}

export interface DeploymentResult {
  readonly detailedStatus: DetailedStatus;
  readonly error?: unknown;
  readonly deployed: DeployedSet;
}

type DetailedStatus =
  | 'SUCCESSFUL'
  | 'FAILED_NO_STATE_CHANGE'
  | 'FAILED_ROLLBACK_COMPLETE'
  | 'FAILED_ROLLBACK_NOT_REQUESTED'
  | 'FAILED_UNABLE_TO_ROLLBACK'
  | 'REJECTED';

/** A deployment whose parts are all there: what is deployed afterward, in which configuration, as which components. */
export interface PreparedDeployment {
  readonly deployed: DeployedSet;
  readonly updates: ReadonlyMap<string, ConfigurationUpdate>;
  readonly definitions: ReadonlyMap<string, ComponentDefinition>;
}

/** Changes components and configuration together; on a failure rolls back where the request wants it. Throws if the disk fails. */
export async function changeComponents(
  context: DeploymentContext,
  job: { readonly id: string; readonly request: LocalDeploymentRequest },
  { deployed, updates, definitions }: PreparedDeployment,
  current: DeployedSet,
): Promise<DeploymentResult> {
  const { configuration, running, paths, log } = context;
  const before: Before = {
    configuration: configuration.snapshot(),
    definitions: new Map([...running].map(([name, { service }]) => [name, service.definition])),
    broken: new Set([...running.values()].flatMap(({ service }) => (service.state === 'BROKEN' ? service.name : []))),
  };
  try {
    await configuration.beginChange(job.id, before.configuration);
    configuration.update(updates);
    await activate(context, definitions, { bootstrap: true });
    configuration.remove(await removeObsolete(context, definitions));
    await configuration.flush();
    await writeDeployedSet(paths.config, deployed);
    await configuration.endChange();
    await cleanStore(context, deployed);
    return { detailedStatus: 'SUCCESSFUL', deployed };
  } catch (error) {
    // The next core starts the components that it finds on the disk.
    if (context.stopping.aborted) return { detailedStatus: 'FAILED_ROLLBACK_COMPLETE', error, deployed: current };
    log.error({ deploymentId: job.id, reason: messageOf(error) }, 'deployment.failed');
    // Nucleus lite has no rollback of components.
    if (job.request.failureHandlingPolicy === 'ROLLBACK' && !context.strictLite)
      return rollBack(context, before, error, current);
    await writeDeployedSet(paths.config, deployed);
    await configuration.endChange();
    return { detailedStatus: 'FAILED_ROLLBACK_NOT_REQUESTED', error, deployed };
  }
}

interface Before {
  readonly configuration: ConfigurationSnapshot;
  readonly definitions: ReadonlyMap<string, ComponentDefinition>;
  /** Were BROKEN already and may stay so. */
  readonly broken: ReadonlySet<string>;
}

async function rollBack(
  context: DeploymentContext,
  before: Before,
  error: unknown,
  current: DeployedSet,
): Promise<DeploymentResult> {
  const { configuration, log } = context;
  try {
    configuration.restore(before.configuration);
    await activate(context, before.definitions, {
      untracked: withDependents(before.broken, before.definitions),
      bootstrap: true,
    });
    await removeObsolete(context, before.definitions);
    await configuration.endChange();
    return { detailedStatus: 'FAILED_ROLLBACK_COMPLETE', error, deployed: current };
  } catch (second) {
    log.error({ reason: messageOf(second) }, 'deployment.rollback-failed');
    await configuration.endChange();
    return { detailedStatus: 'FAILED_UNABLE_TO_ROLLBACK', error, deployed: current };
  }
}

function withDependents(
  names: ReadonlySet<string>,
  definitions: ReadonlyMap<string, ComponentDefinition>,
): ReadonlySet<string> {
  const all = new Set(names);
  for (let before = -1; before !== all.size;) {
    before = all.size;
    for (const { name, dependencies } of definitions.values()) {
      if (Object.entries(dependencies).some(([one, type]) => type === 'HARD' && all.has(one))) all.add(name);
    }
  }
  return all;
}

/** Keeps what is deployed and, except on nucleus lite, what was before; a store that cannot be cleaned does not fail a deployment. */
async function cleanStore(
  { store, log, strictLite }: DeploymentContext,
  { components, previous }: DeployedSet,
): Promise<void> {
  const keep = [components, ...(strictLite ? [] : [previous])].flatMap((set) =>
    Object.entries(set).map(([name, version]) => ({ name, version })),
  );
  try {
    for (const id of await store.clean(keep)) log.info({ ...id }, 'store.removed');
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'store.clean-failed');
  }
}
