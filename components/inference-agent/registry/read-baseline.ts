import { parseBaseline } from '#packages/drift';
import type { Baseline } from '#packages/drift';
import { PackageFiles } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';

/**
 * What the package says of the pictures and answers to expect; undefined if it does not.
 * @throws EdgeError `drift.baseline-invalid`, `package.changed`
 */
export async function readBaseline({ dir, hashes, manifest }: ModelPackage): Promise<Baseline | undefined> {
  if (manifest.baseline === undefined) return undefined;
  const bytes = await new PackageFiles(dir, hashes).read(manifest.baseline);
  return parseBaseline(bytes, `"${manifest.baseline}" of ${manifest.name} ${manifest.version}`);
}
