import { countObjects } from '#packages/ipc';
import { pointerTo } from './issue.ts';
import type { Finding } from './issue.ts';
import { countRecipeObjects, isLiteRange, LITE_MAX_OBJECTS } from './lite-limits.ts';
import { isPlainObject } from './recipe.ts';

/** Faults that keep nucleus lite from resolving a component at all: too many objects, versions that it cannot read. */
export function liteRefusals(raw: unknown): Finding[] {
  return [...lintObjects(raw), ...lintRanges(raw)];
}

function lintRanges(raw: unknown): Finding[] {
  const dependencies = isPlainObject(raw) && isPlainObject(raw.ComponentDependencies) ? raw.ComponentDependencies : {};
  return Object.entries(dependencies).flatMap(([name, dependency]): Finding[] => {
    const requirement = isPlainObject(dependency) ? dependency.VersionRequirement : undefined;
    if (typeof requirement !== 'string' || isLiteRange(requirement)) return [];
    return [
      {
        severity: 'error',
        nucleus: 'lite',
        code: 'lite.version-requirement',
        pointer: `${pointerTo('/ComponentDependencies', name)}/VersionRequirement`,
        message: `nucleus lite finds no version for "${requirement}": it knows only =, >, >=, < and <=.`,
        fix: 'write the bounds, e.g. ">=1.0.0 <2.0.0", which the Java nucleus reads too.',
      },
    ];
  });
}

function lintObjects(raw: unknown): Finding[] {
  const objects = countRecipeObjects(raw);
  if (objects <= LITE_MAX_OBJECTS) return [];
  const sections = Object.entries(isPlainObject(raw) ? raw : {}).map(
    ([key, value]) => [key, countObjects(value)] as const,
  );
  const largest = [...sections].sort(([, a], [, b]) => b - a).slice(0, 2);
  return [
    {
      severity: 'error',
      nucleus: 'lite',
      code: 'lite.objects',
      pointer: '',
      message: `the recipe has ${objects} objects (entries of maps twice, entries of lists once, Digest and Algorithm of every artifact included); nucleus lite takes ${LITE_MAX_OBJECTS}. ${largest.map(([key, count]) => `${key} has ${count}`).join(', ')}.`,
      fix: 'leave defaults to the code, or share manifests between platforms.',
    },
  ];
}
