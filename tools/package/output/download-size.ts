import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { RUNTIME_PLATFORMS } from '../../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../../components/runtime/platforms.ts';
import type { DevicePlatform } from '../../recipe/device-platform.ts';
import { manifestMatches } from '../../recipe/manifest-match.ts';
import { parseRecipeFile } from '../../recipe/read-recipe.ts';
import type { Recipe } from '../../recipe/recipe.ts';

/** The download of one kind of device. */
export interface DownloadSize {
  readonly platform: RuntimePlatform;
  /** Artifacts of the component itself: what every update costs. Undefined if it has no manifest for the platform. */
  readonly updateBytes: number | undefined;
  /** With everything that it depends on, on a device that has nothing yet; undefined if a part is not built. */
  readonly firstBytes: number | undefined;
  /** Components that are not in the folders, or have no artifact for the platform there. */
  readonly missing: readonly string[];
}

/**
 * Estimates from built folders (greengrass-build layout) what each platform downloads for a component.
 * Greengrass fetches artifacts whole: there are no differences between versions.
 */
export async function downloadSizes(
  folders: readonly string[],
  component: string,
  version: string,
): Promise<readonly DownloadSize[]> {
  const found = (await Promise.all(folders.map(recipesOf))).flat();
  return Promise.all(RUNTIME_PLATFORMS.map((platform) => sizeOn(found, platform, component, version)));
}

interface BuiltRecipe {
  readonly folder: string;
  readonly recipe: Recipe;
}

const DEVICES: Readonly<Record<RuntimePlatform, DevicePlatform>> = {
  'linux-x64': { os: 'linux', architecture: 'amd64' },
  'linux-arm64': { os: 'linux', architecture: 'aarch64' },
  'linux-armv7l': { os: 'linux', architecture: 'arm', 'architecture.detail': 'armv7l' },
  'windows-x64': { os: 'windows', architecture: 'amd64' },
  'darwin-arm64': { os: 'darwin', architecture: 'aarch64' },
};

async function recipesOf(folder: string): Promise<readonly BuiltRecipe[]> {
  const names = (await readdir(path.join(folder, 'recipes')).catch(() => [])).filter((name) =>
    /-\d.*\.ya?ml$/.test(name),
  );
  const parsed = await Promise.all(names.map((name) => parseRecipeFile(path.join(folder, 'recipes', name))));
  return parsed.flatMap(({ recipe }) => (recipe ? [{ folder, recipe }] : []));
}

async function sizeOn(
  found: readonly BuiltRecipe[],
  platform: RuntimePlatform,
  component: string,
  version: string,
): Promise<DownloadSize> {
  const missing: string[] = [];
  const own = found.find(({ recipe }) => recipe.name === component && recipe.version === version);
  const updateBytes = own && (await artifactBytes(own, DEVICES[platform]));
  let firstBytes = updateBytes;
  for (const [name, { versionRequirement }] of dependenciesOf(found, own, new Map())) {
    const dependency = newest(found, name, versionRequirement);
    const bytes = dependency && (await artifactBytes(dependency, DEVICES[platform]));
    if (bytes === undefined) missing.push(name);
    firstBytes = bytes === undefined || firstBytes === undefined ? undefined : firstBytes + bytes;
  }
  return { platform, updateBytes, firstBytes, missing };
}

type Dependencies = Map<string, Recipe['dependencies'][string]>;

/** HARD dependencies and theirs; those that AWS provides are on the device already or come from its own store. */
function dependenciesOf(
  found: readonly BuiltRecipe[],
  built: BuiltRecipe | undefined,
  seen: Dependencies,
): Dependencies {
  for (const [name, dependency] of Object.entries(built?.recipe.dependencies ?? {})) {
    if (dependency.type !== 'HARD' || name.startsWith('aws.') || seen.has(name)) continue;
    seen.set(name, dependency);
    dependenciesOf(found, newest(found, name, dependency.versionRequirement), seen);
  }
  return seen;
}

function newest(found: readonly BuiltRecipe[], name: string, range: string): BuiltRecipe | undefined {
  const fitting = found.filter(({ recipe }) => recipe.name === name && semver.satisfies(recipe.version, range));
  return fitting.sort((a, b) => semver.rcompare(a.recipe.version, b.recipe.version))[0];
}

/** Undefined if no manifest fits or one of its artifacts is not there. */
async function artifactBytes({ folder, recipe }: BuiltRecipe, device: DevicePlatform): Promise<number | undefined> {
  const manifest = recipe.manifests.find((one) => manifestMatches(one, device));
  if (!manifest) return undefined;
  const at = path.join(folder, 'artifacts', recipe.name, recipe.version);
  let bytes = 0;
  for (const { fileName } of manifest.artifacts) {
    const facts = await stat(path.join(at, fileName)).catch(() => undefined);
    if (!facts) return undefined;
    bytes += facts.size;
  }
  return bytes;
}
