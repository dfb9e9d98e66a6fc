import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import semver from 'semver';
import { exists } from '#packages/foundation';

/**
 * Whether the component that brought a package is really gone: its folder is, and no other version of the component is installed.
 * Both nuclei unpack a package into `<component>/<version>/<package>`, and nucleus lite deletes that of the old version while the new
 * one may still be failing its test.
 *
 * @param source path from which the package was activated
 */
export async function isComponentGone(source: string): Promise<boolean> {
  if (await exists(source)) return false;
  const versionFolder = dirname(source);
  if (semver.valid(basename(versionFolder)) === null) return true;
  const component = dirname(versionFolder);
  for (const version of await readdir(component).catch(() => [])) {
    if (semver.valid(version) !== null && (await exists(join(component, version, basename(source))))) return false;
  }
  return true;
}
