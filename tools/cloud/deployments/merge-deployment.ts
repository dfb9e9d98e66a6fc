import { isPlainObject } from '../../recipe/recipe.ts';
import type { StoredDeployment } from './current-deployment.ts';
import type { ComponentSpecification, DeploymentSpecification } from './specification.ts';

export interface DeploymentChange extends DeploymentSpecification {
  readonly remove?: readonly string[];
}

/**
 * The target's next components: its current ones with the change on top. CreateDeployment replaces the whole set of a
 * target, so that what is not repeated would be removed from its devices.
 */
export function mergeDeployment(
  current: StoredDeployment | undefined,
  change: DeploymentChange,
): DeploymentSpecification {
  const components: Record<string, ComponentSpecification> = { ...current?.components };
  for (const name of change.remove ?? []) delete components[name];
  for (const [name, wanted] of Object.entries(change.components))
    components[name] = mergeComponent(components[name], wanted);
  const name = change.deploymentName ?? current?.name;
  const deploymentPolicies = { ...current?.deploymentPolicies, ...change.deploymentPolicies };
  const iotJobConfiguration = { ...current?.iotJobConfiguration, ...change.iotJobConfiguration };
  return {
    ...(name === undefined ? {} : { deploymentName: name }),
    components,
    ...(Object.keys(deploymentPolicies).length > 0 ? { deploymentPolicies } : {}),
    ...(Object.keys(iotJobConfiguration).length > 0 ? { iotJobConfiguration } : {}),
  };
}

function mergeComponent(
  current: ComponentSpecification | undefined,
  wanted: ComponentSpecification,
): ComponentSpecification {
  const update = mergeUpdate(current?.configurationUpdate, wanted.configurationUpdate);
  const runWith = wanted.runWith ?? current?.runWith;
  return {
    componentVersion: wanted.componentVersion,
    ...(update ? { configurationUpdate: update } : {}),
    ...(runWith ? { runWith } : {}),
  };
}

type Update = ComponentSpecification['configurationUpdate'];

/**
 * One update that does what both do in turn, for devices that join the target later and see the last deployment only. A
 * setting that is reset now loses what was merged there before.
 */
function mergeUpdate(before: Update, now: Update): Update {
  if (!before || !now) return now ?? before;
  const kept = without(JSON.parse(before.merge ?? '{}') as unknown, now.reset ?? []);
  const merged = deepMerge(kept, JSON.parse(now.merge ?? '{}') as unknown);
  const reset = [...new Set([...(before.reset ?? []), ...(now.reset ?? [])])];
  const isEmpty = isPlainObject(merged) && Object.keys(merged).length === 0;
  return { ...(isEmpty ? {} : { merge: JSON.stringify(merged) }), ...(reset.length > 0 ? { reset } : {}) };
}

function deepMerge(below: unknown, above: unknown): unknown {
  if (!isPlainObject(below) || !isPlainObject(above)) return above;
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) merged[key] = key in below ? deepMerge(below[key], value) : value;
  return merged;
}

/** Removes what JSON pointers name; the empty pointer is everything. */
function without(value: unknown, pointers: readonly string[]): unknown {
  if (pointers.includes('')) return {};
  return pointers.reduce((left, pointer) => {
    const steps = pointer.split('/').slice(1);
    return removeAt(
      left,
      steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')),
    );
  }, value);
}

function removeAt(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined || !isPlainObject(value) || !(step in value)) return value;
  const { [step]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [step]: removeAt(inner, rest) };
}
