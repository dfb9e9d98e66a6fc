import type { Logger } from '#packages/foundation';

import type { ConfigurationUpdate } from '../configuration/update.ts';
import type { ComponentDefinition } from '../lifecycle/definition.ts';
import { coreErrors } from '../errors.ts';
import type { CorePaths } from '../paths.ts';
import type { DevicePlatform } from '../../recipe/device-platform.ts';
import type { LocalDeploymentRequest } from '../ports.ts';
import { liteStartup } from '../lifecycle/lite-startup.ts';
import { parseLifecycle } from '../../recipe/lifecycle.ts';
import type { Lifecycle } from '../../recipe/lifecycle.ts';
import { matchManifest } from '../../recipe/manifest-match.ts';
import type { Manifest, PlainObject, Recipe } from '../../recipe/recipe.ts';
import { selectLifecycle } from '../../recipe/select-lifecycle.ts';
import type { ComponentStore, StoredRecipe } from '../store/component-store.ts';
import { interpolate } from '../variables/interpolate.ts';
import type { VariableScope } from '../variables/interpolate.ts';
import { resolveVersions } from './resolve-versions.ts';
import type { Candidate } from './resolve-versions.ts';

/** One component of a deployment: its recipe and the manifest of this device. */
export interface PlannedComponent {
  readonly stored: StoredRecipe;
  readonly recipe: Recipe;
  readonly manifest: Manifest;
}

export interface PlanContext {
  readonly paths: CorePaths;
  readonly store: ComponentStore;
  readonly platform: DevicePlatform;
  readonly builtins: Readonly<Record<string, string>>;
  readonly strictLite: boolean;
  readonly thingName: string;
  readonly log: Logger;
}

/**
 * Which components a set of roots means, in which versions, with which manifests.
 *
 * @throws deployment.no-version, deployment.circular-dependency, deployment.unsupported-component, recipe.*, packages.*
 */
export async function planComponents(
  context: PlanContext,
  groups: Readonly<Record<string, Readonly<Record<string, string>>>>,
  active: ReadonlyMap<string, string>,
  recipeFolder: string | undefined,
): Promise<readonly PlannedComponent[]> {
  const recipes = new Map<string, StoredRecipe>();
  const given = recipeFolder === undefined ? [] : await context.store.readFolder(recipeFolder);
  for (const stored of [...(await context.store.recipes()), ...given]) recipes.set(idOf(stored.recipe), stored);
  const resolved = resolveVersions({ groups, active, candidates: candidatesOf(recipes.values(), context.builtins) });
  return [...resolved]
    .filter(([name]) => context.builtins[name] === undefined)
    .map(([name, { version }]) => {
      const stored = recipes.get(idOf({ name, version })) as StoredRecipe;
      refuseUnsupported(stored.recipe);
      return { stored, recipe: stored.recipe, manifest: matchManifest(stored.recipe, context.platform) };
    });
}

/** The configuration updates of a deployment: defaults of every component; RESET and MERGE for root components only. */
export function configurationUpdates(
  planned: readonly PlannedComponent[],
  request: LocalDeploymentRequest,
  roots: ReadonlySet<string>,
  versionsBefore: ReadonlyMap<string, string>,
  timestampMs: number,
  context: PlanContext,
): ReadonlyMap<string, ConfigurationUpdate> {
  const changes = request.componentToConfiguration ?? {};
  const updates = new Map<string, ConfigurationUpdate>();
  const add = (name: string, defaults: PlainObject, change: ConfigurationChange | undefined, isNew: boolean): void => {
    updates.set(name, {
      defaults,
      reset: change?.RESET ?? [],
      merge: change?.MERGE,
      timestampMs,
      defaultsReplace: context.strictLite && isNew,
    });
  };
  for (const { recipe } of planned) {
    const before = versionsBefore.get(recipe.name);
    const change = roots.has(recipe.name) ? changes[recipe.name] : undefined;
    add(recipe.name, recipe.defaultConfiguration, change, before !== undefined && before !== recipe.version);
  }
  for (const [name, change] of Object.entries(changes)) {
    if (context.builtins[name] !== undefined) add(name, {}, change, false);
    else if (!roots.has(name)) {
      context.log.warn({ component: name, reason: 'not a root component' }, 'deployment.configuration-ignored');
    }
  }
  return updates;
}

type ConfigurationChange = NonNullable<LocalDeploymentRequest['componentToConfiguration']>[string];

/**
 * The components after the deployment: lifecycles with variables resolved against the configuration as it will be.
 *
 * @throws recipe.lifecycle-invalid, lifecycle.privilege-refused
 */
export function defineComponents(
  planned: readonly PlannedComponent[],
  configurationOf: (component: string) => unknown,
  context: PlanContext,
): ReadonlyMap<string, ComponentDefinition> {
  const components = scopesOf(planned, configurationOf, context);
  const definitions = planned.map(({ recipe, manifest }) => {
    const dependencies = Object.entries(recipe.dependencies).map(([name, { type }]) => [name, type] as const);
    const owner = components.get(recipe.name) as VariableScope;
    const names = new Set(Object.keys(recipe.dependencies));
    const raw = interpolate(selectLifecycle(recipe, manifest), owner, names, { ...context, components });
    const read = parseLifecycle(`${recipe.name} ${recipe.version}`, raw);
    const lifecycle = context.strictLite ? liteLifecycle(read) : read;
    const definition: ComponentDefinition = {
      name: recipe.name,
      version: recipe.version,
      lifecycle,
      dependencies: Object.fromEntries(dependencies),
      ...(context.strictLite ? { configuration: configurationOf(recipe.name) } : {}),
    };
    refusePrivilege(definition);
    return [recipe.name, definition] as const;
  });
  return new Map(definitions);
}

/** Nucleus lite runs neither shutdown nor recover, knows no Skipif, and makes its own unit kind of `startup`. */
function liteLifecycle({ steps, ...rest }: Lifecycle): Lifecycle {
  const { shutdown: _shutdown, recover: _recover, ...kept } = steps;
  const entries = Object.entries(kept).map(([section, { skipIf: _skipIf, ...step }]) => {
    return [section, section === 'startup' ? liteStartup(step) : step] as const;
  });
  return { ...rest, steps: Object.fromEntries(entries) };
}

/**
 * The same updates with system variables in values resolved, which the nucleus does where its own configuration says
 * `interpolateComponentConfiguration: true`.
 */
export function withResolvedValues(
  updates: ReadonlyMap<string, ConfigurationUpdate>,
  planned: readonly PlannedComponent[],
  context: PlanContext,
): ReadonlyMap<string, ConfigurationUpdate> {
  const components = scopesOf(planned, () => undefined, context);
  const resolved = planned.flatMap(({ recipe }) => {
    const update = updates.get(recipe.name);
    const owner = components.get(recipe.name) as VariableScope;
    const names = new Set(Object.keys(recipe.dependencies));
    const rewrite = (value: unknown): unknown =>
      interpolate(value, owner, names, { ...context, components }, { onlySystem: true });
    return update ? [[recipe.name, { ...update, rewrite }] as const] : [];
  });
  return new Map([...updates, ...resolved]);
}

function scopesOf(
  planned: readonly PlannedComponent[],
  configurationOf: (component: string) => unknown,
  context: PlanContext,
): ReadonlyMap<string, VariableScope> {
  const ids = [
    ...Object.entries(context.builtins).map(([name, version]) => ({ name, version })),
    ...planned.map(({ recipe }) => ({ name: recipe.name, version: recipe.version })),
  ];
  return new Map(ids.map((id) => [id.name, { ...id, configuration: configurationOf(id.name) }]));
}

function candidatesOf(
  recipes: Iterable<StoredRecipe>,
  builtins: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly Candidate[]> {
  const candidates = new Map<string, Candidate[]>();
  for (const { recipe } of recipes) {
    const ranges = Object.entries(recipe.dependencies).map(([name, one]) => [name, one.versionRequirement] as const);
    const list = candidates.get(recipe.name) ?? [];
    list.push({ version: recipe.version, dependencies: Object.fromEntries(ranges) });
    candidates.set(recipe.name, list);
  }
  for (const [name, version] of Object.entries(builtins)) candidates.set(name, [{ version, dependencies: {} }]);
  return candidates;
}

function idOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}@${version}`;
}

function refuseUnsupported(recipe: Recipe): void {
  if (recipe.type.toLowerCase() === 'aws.greengrass.generic') return;
  throw coreErrors.error(
    'deployment.unsupported-component',
    `${recipe.name} ${recipe.version} is of type ${recipe.type}, which the local core cannot run`,
    { facts: { component: recipe.name, type: recipe.type } },
  );
}

function refusePrivilege({ name, version, lifecycle }: ComponentDefinition): void {
  for (const [section, step] of Object.entries(lifecycle.steps)) {
    if (!step.requiresPrivilege) continue;
    throw coreErrors.error(
      'lifecycle.privilege-refused',
      `${section} of ${name} ${version} asks for RequiresPrivilege: true, which the local core never grants`,
      { facts: { component: name, version, section } },
    );
  }
}
