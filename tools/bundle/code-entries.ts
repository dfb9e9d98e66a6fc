import path from 'node:path';
import { bundle, bundleForBrowser } from './bundle.ts';
import type { Archive } from './licenses/bundled-software.ts';
import { bundledPackages, noticesOf } from './licenses/bundled-packages.ts';
import { licenseEntries } from './licenses/license-entries.ts';
import { projectPaths } from './project.ts';
import { COMMONJS_MARK } from './zip/commonjs-mark.ts';
import type { ZipEntry } from './zip/zip-entry.ts';

/**
 * The files of a zip of our own code: its bundles by their name in the zip, plus plain files of components/.
 * @param page scripts and style sheets for a browser, in the same way
 */
export async function codeEntries(
  archive: Archive,
  bundles: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  page: Readonly<Record<string, string>> = {},
): Promise<readonly ZipEntry[]> {
  const all = [
    ...Object.entries(bundles).map((one) => [...one, bundle] as const),
    ...Object.entries(page).map((one) => [...one, bundleForBrowser] as const),
  ];
  const built = await Promise.all(
    all.map(async ([name, entry, make]) => [name, await make(inComponents(entry))] as const),
  );
  const inside = built.map(([, made]) => made);
  return [
    ...built.map(([name, { code }]) => ({ path: name, content: code })),
    ...Object.entries(files).map(([name, file]) => ({ path: name, content: { file: inComponents(file) } })),
    COMMONJS_MARK,
    ...licenseEntries(archive, await bundledPackages(inside), noticesOf(inside)),
  ];
}

function inComponents(file: string): string {
  return path.join(projectPaths.components, file);
}
