import { parseAccessControl } from '../access-control/access-control.ts';
import { pointerTo } from '../issue.ts';
import type { Finding } from '../issue.ts';
import { isPlainObject } from '../recipe.ts';
import type { Recipe } from '../recipe.ts';

const BASE = '/ComponentConfiguration/DefaultConfiguration/accessControl';

/** Policies that the nucleus would skip or that collide with each other. */
export function lintAccessControl(recipe: Recipe): Finding[] {
  const accessControl = recipe.defaultConfiguration.accessControl;
  const skipped = parseAccessControl(accessControl).problems.map(({ pointer, message }): Finding => ({
    severity: 'error',
    nucleus: 'any',
    code: 'access-control.skipped',
    pointer: BASE + pointer,
    message: `${message}.`,
    fix: 'correct the policy; the nucleus drops it with a line in its log.',
  }));
  return [...skipped, ...sameIds(accessControl)];
}

/** Policy ids are to be unique on a device; by convention they start with the component's name. */
function sameIds(accessControl: unknown): Finding[] {
  if (!isPlainObject(accessControl)) return [];
  const seen = new Set<string>();
  return Object.entries(accessControl).flatMap(([service, policies]) =>
    Object.keys(isPlainObject(policies) ? policies : {}).flatMap((id): Finding[] => {
      if (!seen.has(id)) {
        seen.add(id);
        return [];
      }
      return [
        {
          severity: 'warning',
          nucleus: 'any',
          code: 'access-control.same-id',
          pointer: pointerTo(pointerTo(BASE, service), id),
          message: `the policy id "${id}" is used twice; ids are to be unique on a device.`,
          fix: 'number the policies, e.g. <component>:pubsub:1.',
        },
      ];
    }),
  );
}
