import { readGiven } from '../files.ts';
import path from 'node:path';
import { PackageFiles, parseLabels, runsOn } from '#packages/model-package';
import type { ModelManifest, Variant } from '#packages/model-package';
import { Doubts, loadModel } from '#packages/vision';
import type { LoadedModel } from '#packages/vision';

/**
 * Loads a variant as `edgeml predict` and the agent do, on the CPU with one thread, so that every machine and every run
 * gives the same numbers.
 */
export async function withModel<Result>(
  dir: string,
  manifest: ModelManifest,
  variant: Variant,
  use: (model: LoadedModel, doubts: Doubts) => Promise<Result>,
): Promise<Result> {
  const labels = manifest.labels === undefined ? [] : parseLabels(await textOf(dir, manifest.labels));
  const doubts = new Doubts(manifest, variant, labels);
  const options = {
    variant,
    providers: ['cpu' as const],
    intraOpThreads: 1,
    spinning: false,
    measurePictures: true,
    onRun: doubts.onRun,
  };
  const model = await loadModel(new PackageFiles(dir), manifest, labels, options);
  try {
    return await use(model, doubts);
  } finally {
    await model.close();
  }
}

/** Whether a variant can be run here at all: one for GPUs alone or compiled for a chip cannot. */
export function runsOnCpu(variant: Variant): boolean {
  return runsOn(variant, 'cpu');
}

async function textOf(dir: string, file: string): Promise<string> {
  return (await readGiven(path.join(dir, file))).toString('utf8');
}
