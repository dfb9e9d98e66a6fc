import { isDeepStrictEqual } from 'node:util';
import type { Lifecycle } from '../../recipe/lifecycle.ts';
import type { RecipeDependency } from '../../recipe/recipe.ts';

/** A component as deployed: version, lifecycle with resolved variables, dependencies. */
export interface ComponentDefinition {
  readonly name: string;
  readonly version: string;
  readonly lifecycle: Lifecycle;
  readonly dependencies: Readonly<Record<string, RecipeDependency['type']>>;
  /** Set on nucleus lite, which restarts a component when its configuration changes. */
  readonly configuration?: unknown;
}

/**
 * The effect of a changed definition on a running component: a new version or install script installs again, any other change
 * of the lifecycle restarts, a changed shutdown script alone does nothing, nor does configuration that no script uses,
 * unless the definition holds it.
 */
export function consequenceOf(
  before: ComponentDefinition,
  after: ComponentDefinition,
): 'none' | 'restart' | 'reinstall' {
  if (before.version !== after.version) return 'reinstall';
  if (!isDeepStrictEqual(before.lifecycle.steps.install, after.lifecycle.steps.install)) return 'reinstall';
  const added = Object.keys(after.dependencies).some((name) => before.dependencies[name] === undefined);
  const configured = !isDeepStrictEqual(before.configuration, after.configuration);
  return added || configured || !isDeepStrictEqual(withoutShutdown(before.lifecycle), withoutShutdown(after.lifecycle))
    ? 'restart'
    : 'none';
}

function withoutShutdown(lifecycle: Lifecycle): Lifecycle {
  const { shutdown: _, ...steps } = lifecycle.steps;
  return { ...lifecycle, steps };
}
