import { evaluate } from './evaluate.ts';
import type { Template } from '../../tools/lint/account/template.ts';

/** `*`, and ARNs whose name is a wildcard from its beginning: everything of that kind in the account. All objects of one bucket are not. */
const IS_BROAD = /^\*$|^arn:[^:]*:(?!s3:)(?:[^:]*:){3}(?:[\w-]+[:/])?\*$/;

/**
 * Statements with a wildcard that nothing gives a reason for, as `Role: action on resource`. Reasons stand in the metadata of the
 * resource, by the Sid of the statement; `*` needs none for actions that AWS lets stand for nothing narrower.
 */
export async function unreasonedWildcards(template: Template): Promise<readonly string[]> {
  const statements = template.statements().map(({ at, resource, statement }) => ({
    at,
    reason: resource.Metadata?.Wildcards?.[statement.Sid ?? ''] ?? '',
    actions: [statement.Action].flat(),
    resources: [statement.Resource].flat(),
  }));
  const broad = statements.filter(
    ({ actions, resources, reason }) =>
      reason === '' && (resources.some((one) => IS_BROAD.test(one)) || actions.some((one) => one.includes('*'))),
  );
  const named = broad.flatMap(({ actions }) => actions).filter((action) => !action.includes('*'));
  const { facts } = await evaluate([], [...new Set(named)]);
  const isNarrowable = (action: string): boolean => {
    const known = facts[action];
    return !known || known.required.length + known.possible.length > 0;
  };
  return broad.flatMap(({ at, actions, resources }) =>
    actions
      .filter((action) => !resources.every((one) => one === '*') || isNarrowable(action))
      .map((action) => `${at}: ${action} on ${resources.join(', ')}`),
  );
}
