import type { Recipe } from '../../recipe/recipe.ts';
import { cloudErrors } from '../errors.ts';

/**
 * Dependencies first, otherwise names in alphabetical order. A component that is not in the list is assumed to be published.
 *
 * @throws EdgeError `publish.dependency-cycle`
 */
export function inDependencyOrder<Item extends { readonly recipe: Recipe }>(items: readonly Item[]): readonly Item[] {
  const byName = new Map(items.map((item) => [item.recipe.name, item]));
  const ordered: Item[] = [];
  const done = new Set<string>();
  const visit = (name: string, above: readonly string[]): void => {
    const item = byName.get(name);
    if (!item || done.has(name)) return;
    if (above.includes(name)) {
      const circle = [...above.slice(above.indexOf(name)), name].join(' → ');
      throw cloudErrors.error('publish.dependency-cycle', `the components depend on each other: ${circle}`);
    }
    for (const dependency of Object.keys(item.recipe.dependencies).sort()) visit(dependency, [...above, name]);
    done.add(name);
    ordered.push(item);
  };
  for (const name of [...byName.keys()].sort()) visit(name, []);
  return ordered;
}
