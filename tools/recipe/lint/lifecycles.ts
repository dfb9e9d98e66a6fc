import { recipeErrors } from '../errors.ts';
import { pointerTo } from '../issue.ts';
import type { Finding } from '../issue.ts';
import { parseLifecycle } from '../lifecycle.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { isPlainObject } from '../recipe.ts';
import type { Manifest, PlainObject, Recipe } from '../recipe.ts';
import { selectLifecycle } from '../select-lifecycle.ts';

const NETWORK_INSTALL = /\b(npm (ci|i|install)|pip3? install|apt(-get)? install|yum install|curl |wget )/;

/** Lifecycles that the nucleus refuses, or that do something else than they seem to. */
export function lintLifecycles(recipe: Recipe): Finding[] {
  return recipe.manifests.flatMap((manifest, index) => {
    const base = lifecyclePointer(manifest, index);
    const selected = selectLifecycle(recipe, manifest);
    let lifecycle: Lifecycle;
    try {
      lifecycle = parseLifecycle(recipe.name, withoutPlaceholders(selected));
    } catch (error) {
      const problems = recipeErrors.is(error, 'recipe.lifecycle-invalid') ? error.facts.problems : [String(error)];
      return problems.map((problem) => invalid(base, problem));
    }
    return [...lintSteps(lifecycle, base), ...numericTimeouts(selected, base)];
  });
}

/** Where the lifecycle of a manifest stands. */
export function lifecyclePointer(manifest: Manifest, index: number): string {
  return Object.keys(manifest.lifecycle).length > 0 ? `/Manifests/${index}/Lifecycle` : '/Lifecycle';
}

function lintSteps({ steps }: Lifecycle, base: string): Finding[] {
  const findings: Finding[] = [];
  if (steps.run && steps.startup) {
    findings.push({
      severity: 'warning',
      nucleus: 'any',
      code: 'lifecycle.run-unused',
      pointer: `${base}/run`,
      message: 'run is never used: startup wins where both are given.',
      fix: 'keep one of them.',
    });
  }
  for (const [section, step] of Object.entries(steps)) {
    const pointer = `${base}/${section}`;
    if (step.requiresPrivilege) {
      findings.push({
        severity: 'warning',
        nucleus: 'any',
        code: 'lifecycle.privilege',
        pointer,
        message: `${section} runs as root on a device, and is refused by the local core.`,
        fix: 'do without RequiresPrivilege if possible.',
      });
    }
    if ((section === 'install' || section === 'bootstrap') && NETWORK_INSTALL.test(step.script)) {
      findings.push({
        severity: 'warning',
        nucleus: 'any',
        code: 'lifecycle.network-install',
        pointer,
        message: `${section} fetches from the network; that fails in the field and ends after ${step.timeoutSeconds ?? 120} s.`,
        fix: 'ship what it fetches as an artifact.',
      });
    }
  }
  return findings;
}

/**
 * A number in a lifecycle comes back from the nucleus' saved configuration as another numeric type. At a rollback it counts as
 * changed: the component is installed again, and all that depend on it restart. Seen on nucleus 2.18; text stays the same.
 */
function numericTimeouts(value: PlainObject, pointer: string): Finding[] {
  return Object.entries(value).flatMap(([key, item]): Finding[] => {
    const at = pointerTo(pointer, key);
    if (isPlainObject(item)) return numericTimeouts(item, at);
    if (typeof item !== 'number') return [];
    return [
      {
        severity: 'warning',
        nucleus: 'any',
        code: 'lifecycle.number',
        pointer: at,
        message: `${key}: ${item} is a number; the Java nucleus takes it as changed at a rollback and restarts the component.`,
        fix: `quote it: ${key}: '${item}'.`,
      },
    ];
  });
}

function invalid(base: string, problem: string): Finding {
  const [, relative = '', rest = problem] = /^\/Lifecycle(\S*) (.*)$/s.exec(problem) ?? [];
  const [message = rest, fix = 'see the component recipe reference.'] = rest.split('; ');
  return {
    severity: 'error',
    nucleus: 'any',
    code: 'lifecycle.invalid',
    pointer: base + relative,
    message: `${relative === '' ? 'the lifecycle' : relative.slice(1)} ${message}.`,
    fix: `${fix}.`,
  };
}

/** Values that are only known at deployment count as well-formed. */
function withoutPlaceholders(lifecycle: PlainObject): PlainObject {
  const clean = (value: unknown, key: string): unknown => {
    if (isPlainObject(value))
      return Object.fromEntries(Object.entries(value).map(([one, item]) => [one, clean(item, one)]));
    const open = typeof value === 'string' && /\{[^}]*:[^}]*\}/.test(value);
    return open && /^(timeout|errorresettime)$/i.test(key) ? 1 : value;
  };
  return clean(lifecycle, '') as PlainObject;
}

/** Every text of a lifecycle with its pointer. */
export function textsOf(
  value: unknown,
  pointer: string,
): readonly { readonly pointer: string; readonly text: string }[] {
  if (typeof value === 'string') return [{ pointer, text: value }];
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, pointerTo(pointer, key)));
}
