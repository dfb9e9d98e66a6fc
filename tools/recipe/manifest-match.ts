import { LITE_RUNTIME } from './device-platform.ts';
import type { DevicePlatform } from './device-platform.ts';
import { recipeErrors } from './errors.ts';
import type { Manifest, Recipe } from './recipe.ts';

/**
 * The manifest of this device: the first in order whose every platform attribute matches.
 *
 * @throws recipe.no-manifest
 */
export function matchManifest(recipe: Recipe, platform: DevicePlatform): Manifest {
  const manifest = recipe.manifests.find((candidate) => manifestMatches(candidate, platform));
  if (manifest) return manifest;
  const wanted = recipe.manifests.map((candidate) => JSON.stringify(candidate.platform)).join(', ');
  throw recipeErrors.error(
    'recipe.no-manifest',
    `${recipe.name} ${recipe.version} has no manifest for this device ${JSON.stringify(platform)}; it has ${wanted}`,
    { facts: { component: recipe.name, version: recipe.version, platform } },
  );
}

/** Whether every attribute of the manifest matches. A platform with `runtime: aws_nucleus_lite` follows nucleus lite's rules. */
export function manifestMatches(manifest: Manifest, platform: DevicePlatform): boolean {
  const lite = platform.runtime === LITE_RUNTIME;
  if (lite && manifest.platform.runtime === undefined) return false;
  return Object.entries(manifest.platform).every(([name, template]) =>
    attributeMatches(name, template, platform[name], lite),
  );
}

/**
 * `*` matches anything, also an attribute that the device lacks; every other template needs the attribute.
 * `/…/` is a regular expression over the whole value (Java nucleus only); `all` and `any` are wildcards of os and architecture.
 */
function attributeMatches(name: string, template: string, value: string | undefined, lite: boolean): boolean {
  if (template === '*') return true;
  if (value === undefined || value === '') return false;
  if (template.length >= 2 && template.startsWith('/') && template.endsWith('/')) {
    return !lite && wholeMatch(template.slice(1, -1), value);
  }
  if ((name === 'os' || name === 'architecture') && (template === 'all' || template === 'any')) return true;
  return template === value;
}

function wholeMatch(pattern: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch {
    return false; // lint reports the broken pattern
  }
}
