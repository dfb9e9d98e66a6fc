import { countObjects } from '#packages/ipc';
import { isPlainObject } from './recipe.ts';

/**
 * Objects that nucleus lite decodes of one recipe, and of the whole configuration of one component (aws-greengrass-lite
 * 2.6, gg/object.h: the count is a uint8). Measured: one more, and the recipe resolves no dependency; a configuration can no longer be read.
 */
export const LITE_MAX_OBJECTS = 255;

/** Bytes of a whole configuration as JSON: the answer to GetConfiguration has to fit a frame of 10,000. */
export const LITE_CONFIGURATION_BYTES = 9_800;

/**
 * Objects of a recipe as a device gets it: the cloud gives every artifact a `Digest` and an `Algorithm`.
 *
 * @param recipe with keys in canonical case, e.g. `ParsedRecipe.raw`
 */
export function countRecipeObjects(recipe: unknown): number {
  const manifests = isPlainObject(recipe) && Array.isArray(recipe.Manifests) ? recipe.Manifests : [];
  const artifacts = manifests.flatMap((manifest: unknown) =>
    isPlainObject(manifest) && Array.isArray(manifest.Artifacts) ? (manifest.Artifacts as unknown[]) : [],
  );
  const added = artifacts
    .filter(isPlainObject)
    .reduce((sum, artifact) => sum + ('Digest' in artifact ? 0 : 2) + ('Algorithm' in artifact ? 0 : 2), 0);
  return countObjects(recipe) + added;
}

/**
 * Whether nucleus lite can read a version requirement: it knows comparisons of whole versions, all of which must hold, and
 * no `^`, `~`, `*` or `||`; a range with those finds no candidate.
 */
export function isLiteRange(requirement: string): boolean {
  const parts = requirement.trim().split(/\s+/);
  return parts.every((part) => /^(?:[<>]=?|=)?\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/.test(part));
}
