import { parsePointer, pointerValue } from '../json-pointer.ts';
import type { Finding } from '../issue.ts';
import type { Recipe } from '../recipe.ts';
import { selectLifecycle } from '../select-lifecycle.ts';
import { lifecyclePointer, textsOf } from './lifecycles.ts';

const SYSTEM = new Set([
  'artifacts:path',
  'artifacts:decompressedPath',
  'work:path',
  'kernel:rootPath',
  'iot:thingName',
]);
/** `{namespace:key}` and `{component:namespace:key}`, but not the shell's `${name:-default}`. */
const PLACEHOLDER = /(?<!\$)\{(?:([.\w-]+):)?([.\w-]+):([^:}]*)\}/g;
const NAMESPACES = new Set(['artifacts', 'work', 'kernel', 'iot', 'configuration']);

/** Variables that will stay as they are written, because nothing stands behind them. */
export function lintVariables(recipe: Recipe): Finding[] {
  return recipe.manifests.flatMap((manifest, index) => {
    const texts = textsOf(selectLifecycle(recipe, manifest), lifecyclePointer(manifest, index));
    return texts.flatMap(({ pointer, text }) =>
      [...text.matchAll(PLACEHOLDER)].flatMap(([whole, component, namespace = '', key = '']) => {
        const problem = problemOf(recipe, component, namespace, key);
        return problem
          ? [{ ...problem, pointer, nucleus: 'any' as const, message: `${whole} ${problem.message}` }]
          : [];
      }),
    );
  });
}

type Problem = Pick<Finding, 'severity' | 'code' | 'message' | 'fix'>;

function problemOf(recipe: Recipe, component: string | undefined, namespace: string, key: string): Problem | undefined {
  if (!NAMESPACES.has(namespace)) {
    if (component === undefined) return undefined; // braces of a script
    return { severity: 'warning', code: 'variable.unknown', message: 'is not a recipe variable.', fix: KNOWN };
  }
  if (component !== undefined && !recipe.dependencies[component]) {
    return {
      severity: 'error',
      code: 'variable.not-a-dependency',
      message: `names ${component}, which is not a direct dependency; it stays as it is.`,
      fix: `add ${component} to ComponentDependencies.`,
    };
  }
  if (namespace !== 'configuration') {
    if (SYSTEM.has(`${namespace}:${key}`)) return undefined;
    return {
      severity: 'error',
      code: 'variable.unknown',
      message: 'is not a recipe variable; it stays as it is.',
      fix: KNOWN,
    };
  }
  if (!parsePointer(key)) {
    const fix = `write {configuration:/${key}}.`;
    return { severity: 'error', code: 'variable.pointer', message: 'has no JSON pointer; it stays as it is.', fix };
  }
  if (component !== undefined || pointerValue(recipe.defaultConfiguration, key) !== undefined) return undefined;
  return {
    severity: 'warning',
    code: 'variable.no-default',
    message: 'has no value in DefaultConfiguration; unless a deployment gives one, it stays as it is.',
    fix: 'give it a default.',
  };
}

const KNOWN = `use one of ${[...SYSTEM, 'configuration:/json/pointer'].join(', ')}.`;
