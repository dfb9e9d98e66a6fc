import type { CorePaths } from '../paths.ts';
import { isPlainObject, valueText } from '../../recipe/recipe.ts';
import { pointerValue } from '../../recipe/json-pointer.ts';
import path from 'node:path';
import type { Logger } from '#packages/foundation';

/** A component of the deployment as its variables see it. */
export interface VariableScope {
  readonly name: string;
  readonly version: string;
  readonly configuration: unknown;
}

export interface VariableContext {
  readonly paths: CorePaths;
  readonly thingName: string;
  /** Scopes of every component of the deployment, by name. */
  readonly components: ReadonlyMap<string, VariableScope>;
  /** Nucleus lite: directories end with "/" and other components' variables are not resolved. */
  readonly strictLite?: boolean;
  readonly log: Logger;
}

/**
 * Resolves recipe variables in every string of a value (component recipe reference, "Recipe variables"):
 * `{artifacts:path}`, `{artifacts:decompressedPath}`, `{work:path}`, `{kernel:rootPath}`, `{iot:thingName}`,
 * `{configuration:/json/pointer}`, and the same with `<dependency>:` in front for direct dependencies.
 * A variable that cannot be resolved stays as it is, with an error in the log, as on the nucleus.
 *
 * `onlySystem` leaves `configuration:` alone (for values of the configuration itself).
 */
export function interpolate(
  value: unknown,
  owner: VariableScope,
  dependencies: ReadonlySet<string>,
  context: VariableContext,
  options: { readonly onlySystem?: boolean } = {},
): unknown {
  if (typeof value === 'string')
    return interpolateText(value, owner, dependencies, context, options.onlySystem ?? false);
  if (Array.isArray(value)) return value.map((item) => interpolate(item, owner, dependencies, context, options));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, interpolate(item, owner, dependencies, context, options)]),
  );
}

const OWN = /\{([.\w-]+):([^:}]*)\}/g;
const CROSS = /\{([.\w-]+):([.\w-]+):([^:}]*)\}/g;

function interpolateText(
  text: string,
  owner: VariableScope,
  dependencies: ReadonlySet<string>,
  context: VariableContext,
  onlySystem: boolean,
): string {
  const resolve = (whole: string, scope: VariableScope, namespace: string, key: string): string => {
    const found = lookUp(scope, namespace, key, context, onlySystem);
    if (found !== undefined) return found;
    context.log.error({ component: owner.name, placeholder: whole }, 'recipe.variable-unresolved');
    return whole;
  };
  const own = text.replaceAll(OWN, (whole, namespace: string, key: string) => resolve(whole, owner, namespace, key));
  return own.replaceAll(CROSS, (whole, component: string, namespace: string, key: string) => {
    const target = context.components.get(component);
    if (context.strictLite || !dependencies.has(component) || !target) {
      const reason = context.strictLite ? 'not supported on nucleus lite' : 'not a direct dependency of the recipe';
      context.log.error({ component: owner.name, placeholder: whole, reason }, 'recipe.variable-unresolved');
      return whole;
    }
    return resolve(whole, target, namespace, key);
  });
}

function lookUp(
  scope: VariableScope,
  namespace: string,
  key: string,
  context: VariableContext,
  onlySystem: boolean,
): string | undefined {
  const { paths } = context;
  const end = context.strictLite ? '/' : '';
  switch (`${namespace}:${namespace === 'configuration' ? '' : key}`) {
    case 'artifacts:path':
      return path.join(paths.artifacts, scope.name, scope.version) + end;
    case 'artifacts:decompressedPath':
      return path.join(paths.unarchived, scope.name, scope.version) + end;
    case 'work:path':
      return paths.work(scope.name) + end;
    case 'kernel:rootPath':
      return paths.root;
    case 'iot:thingName':
      return context.thingName;
    case 'configuration:':
      return onlySystem ? undefined : asText(pointerValue(scope.configuration, key));
    default:
      return undefined;
  }
}

/** Scalars as they are, containers as JSON with sorted keys, undefined if nothing is. */
function asText(value: unknown): string | undefined {
  return value === undefined ? undefined : valueText(sortKeys(value));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isPlainObject(value)) return value;
  const sorted = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map((key) => [key, sortKeys(value[key])]));
}
