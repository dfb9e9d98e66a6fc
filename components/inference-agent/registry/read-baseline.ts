import { parseBaseline } from '#packages/drift';
import type { Baseline } from '#packages/drift';
import { PackageFiles } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';

/**
 * The package's baseline of pictures and answers; undefined if it does not have one.
 * @throws EdgeError `drift.baseline-invalid`, `package.changed`
 */
export async function readBaseline({ dir, hashes, manifest }: ModelPackage): Promise<Baseline | undefined> {
  if (manifest.baseline === undefined) return undefined;
  const bytes = await new PackageFiles(dir, hashes).read(manifest.baseline);
  return parseBaseline(bytes, `"${manifest.baseline}" of ${manifest.name} ${manifest.version}`);
}
