import type { Manifest, PlainObject, Recipe } from './recipe.ts';
import { isPlainObject } from './recipe.ts';

/**
 * The lifecycle of a manifest: its own if it has one, else the part of the global lifecycle that its `Selections` choose.
 * Selections may stand above the sections, below them, or both; the first selection that is present wins, then `all`.
 */
export function selectLifecycle(recipe: Recipe, manifest: Manifest): PlainObject {
  if (Object.keys(manifest.lifecycle).length > 0) return manifest.lifecycle;
  const selectors = new Set([...recipe.manifests.flatMap((one) => one.selections), 'all']);
  const selected = filter(recipe.lifecycle, selectors, manifest.selections);
  return isPlainObject(selected) ? selected : {};
}

function filter(source: unknown, selectors: ReadonlySet<string>, wanted: readonly string[]): unknown {
  if (!isPlainObject(source)) return source ?? undefined;
  const keys = Object.keys(source);
  if (keys.some((key) => selectors.has(key))) {
    const chosen = [...wanted, 'all'].find((selector) => source[selector] !== undefined && source[selector] !== null);
    return chosen === undefined ? undefined : filter(source[chosen], selectors, wanted);
  }
  const kept = keys.map((key) => [key, filter(source[key], selectors, wanted)] as const);
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}
