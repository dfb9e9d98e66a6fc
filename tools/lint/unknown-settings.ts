import { closest, unknownKeys } from '#packages/foundation';
import { COMPONENT_SCHEMAS } from '../bundle/component-schemas.ts';
import { COMPONENTS } from '../bundle/components.ts';
import { isPlainObject } from '../recipe/recipe.ts';

/**
 * Settings of a deployment that no schema knows, in words, with the names that were probably meant: keys of our components' settings, and
 * our components' names.
 *
 * @param merges what is merged, an object or its JSON text, by component
 * @param named components that are deployed by these very names
 */
export function unknownSettings(
  merges: Readonly<Record<string, unknown>>,
  named: readonly string[],
): readonly string[] {
  return Object.entries(merges).flatMap(([component, merge]) => {
    const meant = named.includes(component) ? undefined : misspelledComponent(component);
    if (meant !== undefined) return [`there is no component ${component}; did you mean ${meant}?`];
    const schema = COMPONENT_SCHEMAS.get(component);
    const value = typeof merge === 'string' ? parsed(merge) : merge;
    if (!schema || !isPlainObject(value)) return [];
    return unknownKeys(schema, value)
      .filter(({ pointer }) => !pointer.startsWith('/accessControl'))
      .map(({ pointer, suggestion }) => {
        const hint = suggestion === undefined ? 'docs/configuration.md lists them' : `did you mean ${suggestion}?`;
        return `${component} does not have a setting ${pointer}; ${hint}`;
      });
  });
}

function misspelledComponent(component: string): string | undefined {
  const names = COMPONENTS.map(({ name }) => name);
  return names.includes(component) ? undefined : closest(component, names);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
