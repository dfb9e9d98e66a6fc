import { foundationErrors, parseConfiguration, unknownKeys } from '#packages/foundation';
import type { ConfigurationProblem } from '#packages/foundation';

import { COMPONENT_SCHEMAS } from '../bundle/component-schemas.ts';
import type { RecipeIssue } from '../recipe/issue.ts';

/** The nucleus reads this key of a component's configuration; components do not. */
const OF_THE_NUCLEUS = 'accessControl';

/**
 * A component's configuration against the schema that the component itself reads it by; nothing for components of others.
 *
 * @param pointer of the configuration in the file
 */
export function lintConfiguration(
  component: string,
  configuration: unknown,
  file: string,
  pointer: string,
): readonly RecipeIssue[] {
  const schema = COMPONENT_SCHEMAS.get(component);
  if (!schema) return [];
  const issue = (severity: RecipeIssue['severity'], code: string, at: string, message: string, fix: string) =>
    ({
      severity,
      nucleus: 'any',
      code,
      file,
      pointer: pointer + at,
      message: `${component}: ${message}`,
      fix,
    }) as const;
  const unknown = unknownKeys(schema, configuration)
    .filter((key) => !key.pointer.startsWith(`/${OF_THE_NUCLEUS}`))
    .map((key) => {
      const fix =
        key.suggestion === undefined
          ? 'remove it; docs/configuration.md lists the settings.'
          : `write ${key.suggestion}.`;
      return issue('warning', 'configuration.unknown-key', key.pointer, `${key.pointer} is not a setting.`, fix);
    });
  const wrong = problemsOf(component, configuration).map((problem) =>
    issue(
      'error',
      'configuration.invalid',
      problem.pointer,
      `${problem.pointer} ${problem.message}.`,
      'docs/configuration.md says what the setting takes.',
    ),
  );
  return [...wrong, ...unknown];
}

function problemsOf(component: string, configuration: unknown): readonly ConfigurationProblem[] {
  const schema = COMPONENT_SCHEMAS.get(component);
  if (!schema) return [];
  try {
    parseConfiguration(schema, configuration, { component });
    return [];
  } catch (error) {
    if (foundationErrors.is(error, 'config.invalid')) return error.facts.problems;
    throw error;
  }
}
