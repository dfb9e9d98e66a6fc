import { meantFor, PackageFiles } from '#packages/model-package';
import type { ModelManifest, Variant } from '#packages/model-package';
import { checkGolden } from '#packages/vision';

import { runsOnCpu, withModel } from './run-model.ts';
import type { VariantCheck } from '../errors.ts';

const NOT_RUN = 'loads; not run: give shapes for the free axes (tensors in model.json) or a golden case';

/** Loads each variant, warms it up and runs the package's golden cases. @throws EdgeError if a variant cannot be loaded */
export async function checkModel(
  dir: string,
  manifest: ModelManifest,
  signal: AbortSignal,
): Promise<readonly VariantCheck[]> {
  const checks: VariantCheck[] = [];
  for (const variant of manifest.variants) checks.push(await checkVariant(dir, manifest, variant, signal));
  return checks;
}

export async function checkVariant(
  dir: string,
  manifest: ModelManifest,
  variant: Variant,
  signal: AbortSignal,
): Promise<VariantCheck> {
  const { file, precision } = variant;
  if (!runsOnCpu(variant)) {
    return { file, precision, state: 'unchecked', summary: `meant for ${meantFor(variant)} alone` };
  }
  return withModel(dir, manifest, variant, async (model) => {
    const isWarm = await model.warmUp();
    signal.throwIfAborted();
    const { passed, summary, cases } = await checkGolden(model, manifest, new PackageFiles(dir), { variant, signal });
    if (cases.length === 0)
      return { file, precision, state: 'passed', summary: isWarm ? 'loads and runs; no golden cases' : NOT_RUN };
    const latencyMs = Math.max(...cases.map((one) => one.latencyMs));
    return { file, precision, state: passed ? 'passed' : 'failed', summary, latencyMs };
  });
}
