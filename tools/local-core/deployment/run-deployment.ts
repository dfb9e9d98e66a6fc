import { isDeepStrictEqual } from 'node:util';
import { NUCLEUS } from '../builtins.ts';
import type { DiskConfigurationStore } from '../configuration/disk-store.ts';
import type { ConfigurationUpdate } from '../configuration/update.ts';
import type { LocalDeploymentRequest } from '../ports.ts';
import { checkArtifactFolder, prepareArtifacts } from '../store/artifacts.ts';
import type { PrepareRequest } from '../store/artifacts.ts';
import { changeComponents } from './change-components.ts';
import type { DeploymentContext, DeploymentResult, PreparedDeployment } from './change-components.ts';
import { groupOf } from './deployed-set.ts';
import type { DeployedSet } from './deployed-set.ts';
import { coreErrors } from '../errors.ts';
import { configurationUpdates, defineComponents, planComponents, withResolvedValues } from './plan.ts';
import type { PlannedComponent } from './plan.ts';

export interface DeploymentJob {
  readonly id: string;
  readonly request: LocalDeploymentRequest;
  /** Epoch milliseconds; the time of its configuration changes. */
  readonly createdOn: number;
  /** Aborted by a cancellation; without effect once components are being changed. */
  readonly signal: AbortSignal;
  /** Called when components begin to change. */
  readonly onActivation: () => void;
}

const NOTIFY_SECONDS = 60;
const VALIDATE_SECONDS = 20;

/** One deployment from request to result: prepare → ask components → validate → change → clean up, or roll back. Throws if the disk fails. */
export async function runDeployment(
  context: DeploymentContext,
  job: DeploymentJob,
  current: DeployedSet,
): Promise<DeploymentResult> {
  let prepared: PreparedDeployment;
  try {
    prepared = await prepare(context, job, current);
    await askComponents(context, job);
    await validate(context, job, prepared, current);
    job.signal.throwIfAborted();
  } catch (error) {
    return { detailedStatus: 'FAILED_NO_STATE_CHANGE', error, deployed: current };
  }
  job.onActivation();
  const result = await changeComponents(context, job, prepared, current);
  context.notifier.afterUpdate(job.id);
  return result;
}

async function prepare(
  context: DeploymentContext,
  job: DeploymentJob,
  current: DeployedSet,
): Promise<PreparedDeployment> {
  const { request } = job;
  const { store, configuration, paths, log } = context;
  if (request.artifactsDirectoryPath !== undefined)
    checkArtifactFolder(request.artifactsDirectoryPath, paths.artifacts);
  const group = groupOf(request.groupName);
  const groups = { ...current.groups, [group]: rootsAfter(current.groups[group] ?? {}, request) };
  const active = new Map(Object.entries(current.components));
  const planned = await planComponents(context, groups, active, request.recipeDirectoryPath);
  for (const component of planned) {
    job.signal.throwIfAborted();
    const unpack = !context.strictLite || request.origin === 'cloud';
    await prepareArtifacts(store, { ...artifactsOf(component, request.artifactsDirectoryPath), unpack }, log);
    await store.saveRecipe(component.stored);
  }
  const roots = new Set(Object.values(groups).flatMap((one) => Object.keys(one)));
  let updates = configurationUpdates(planned, request, roots, active, job.createdOn, context);
  if (resolvesValues(configuration, updates)) updates = withResolvedValues(updates, planned, context);
  const definitions = defineComponents(planned, (name) => configurationAfter(configuration, updates, name), context);
  const components = Object.fromEntries(planned.map(({ recipe }) => [recipe.name, recipe.version]));
  const deployed: DeployedSet = { groups, components, previous: previousVersions(current, components), by: job.id };
  return { deployed, updates, definitions };
}

function artifactsOf(
  { recipe, manifest }: PlannedComponent,
  sourceFolder: string | undefined,
): Omit<PrepareRequest, 'unpack'> {
  const own = new Set(manifest.artifacts.map(({ fileName }) => fileName));
  const all = recipe.manifests.flatMap(({ artifacts }) => artifacts.map(({ fileName }) => fileName));
  return {
    id: { name: recipe.name, version: recipe.version },
    artifacts: manifest.artifacts,
    without: new Set(all.filter((name) => !own.has(name))),
    ...(sourceFolder === undefined ? {} : { sourceFolder }),
  };
}

/** The version before the present one, for each component that stays or was just replaced. */
function previousVersions(
  current: DeployedSet,
  components: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const kept = Object.entries(current.previous).filter(([name]) => components[name] === current.components[name]);
  const replaced = Object.entries(current.components).filter(([name, version]) => components[name] !== version);
  const all = Object.fromEntries([...kept, ...replaced]);
  return Object.fromEntries(Object.entries(all).filter(([name]) => components[name] !== undefined));
}

function rootsAfter(
  roots: Readonly<Record<string, string>>,
  request: LocalDeploymentRequest,
): Readonly<Record<string, string>> {
  const removed = new Set(request.rootComponentsToRemove);
  const kept = Object.entries(roots).filter(([name]) => !removed.has(name));
  return { ...Object.fromEntries(kept), ...request.rootComponentVersionsToAdd };
}

function configurationAfter(
  configuration: DiskConfigurationStore,
  updates: ReadonlyMap<string, ConfigurationUpdate>,
  name: string,
): unknown {
  const update = updates.get(name);
  return update ? configuration.preview(name, update) : configuration.get(name, []);
}

function resolvesValues(
  configuration: DiskConfigurationStore,
  updates: ReadonlyMap<string, ConfigurationUpdate>,
): boolean {
  const nucleus = configurationAfter(configuration, updates, NUCLEUS) as Record<string, unknown> | undefined;
  return String(nucleus?.interpolateComponentConfiguration) === 'true';
}

async function askComponents(context: DeploymentContext, { id, request, signal }: DeploymentJob): Promise<void> {
  if (request.componentUpdatePolicy?.action === 'SKIP_NOTIFY_COMPONENTS') return;
  const seconds = request.componentUpdatePolicy?.timeoutInSeconds ?? NOTIFY_SECONDS;
  await context.notifier.beforeUpdate(id, seconds * 1000, signal);
}

/** Asks components whose configuration changes while their version stays; a new version checks for itself when it starts. */
async function validate(
  context: DeploymentContext,
  { id, request, signal }: DeploymentJob,
  { updates, definitions }: PreparedDeployment,
  current: DeployedSet,
): Promise<void> {
  const changed = new Map<string, unknown>();
  for (const [name, update] of updates) {
    if (!context.running.has(name) || current.components[name] !== definitions.get(name)?.version) continue;
    const after = context.configuration.preview(name, update);
    if (!isDeepStrictEqual(after, context.configuration.get(name, []) ?? {})) changed.set(name, after);
  }
  if (changed.size === 0) return;
  const seconds = request.configurationValidationPolicy?.timeoutInSeconds ?? VALIDATE_SECONDS;
  const reason = await Promise.race([context.notifier.validate(id, changed, seconds * 1000), rejection(signal)]);
  if (reason === undefined) return;
  throw coreErrors.error('deployment.configuration-rejected', reason, {
    facts: { components: [...changed.keys()] },
  });
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
