import type { Bundle } from '../bundle.ts';
import type { BundledSoftware } from './bundled-software.ts';
import { installedPackages } from './installed-package.ts';

/**
 * The npm packages in the bundles of one zip, with what imports what.
 *
 * @throws EdgeError `build.license-missing`
 */
export async function bundledPackages(bundles: readonly Bundle[]): Promise<readonly BundledSoftware[]> {
  const imports = new Map<string, Set<string>>();
  for (const [from, targets] of bundles.flatMap((bundle) => [...bundle.imports]))
    imports.set(from, new Set([...(imports.get(from) ?? []), ...targets]));
  const direct = imports.get('') ?? new Set();
  const folders = [...imports.keys()].filter((folder) => folder !== '').sort();
  const software = await installedPackages(folders);
  const purls = new Map(folders.map((folder, index) => [folder, software[index]?.purl]));
  return software.map((one, index) => {
    const folder = folders[index] as string;
    const dependsOn = [...(imports.get(folder) ?? [])].flatMap((target) => purls.get(target) ?? []).sort();
    return { ...one, direct: direct.has(folder), dependsOn };
  });
}

/** Copyright comments of all bundles, each file's once. */
export function noticesOf(bundles: readonly Bundle[]): string {
  const blocks = bundles.flatMap(({ notices }) =>
    notices
      .replace(HEADING, '')
      .trim()
      .split(/\n\n(?=\S)/),
  );
  return [...new Set(blocks.filter((block) => block !== ''))].join('\n\n');
}

/** First line of what esbuild writes. */
const HEADING = /^Bundled license information:\n/;
