import { openModel } from '../../components/inference-agent/instance/open-model.ts';
import type { OpenedModel } from '../../components/inference-agent/instance/serve-worker.ts';
import type { MemoryModel } from './memory-instance.ts';

/** Real models for instances in memory: loaded into the test's own process, one for each package. */
export function memoryLoaded(): MemoryModel & { close(): Promise<void> } {
  const models = new Map<string, OpenedModel>();
  const of = (hash: string): OpenedModel['model'] => {
    const opened = models.get(hash);
    if (!opened) throw new Error('the model is not open');
    return opened.model;
  };
  return {
    async open({ packageDir, packageHash, hashes, manifest, labels, baseline, settings }, progress) {
      const plan = {
        packageDir,
        packageHash,
        hashes,
        manifest,
        labels,
        providers: ['cpu'],
        requireProvider: false,
      } as const;
      const opened = await openModel(
        {
          ...plan,
          threadsToTry: [1],
          spinning: false,
          golden: true,
          measurePictures: settings.measurePictures && baseline !== undefined,
        },
        { progress, signal: new AbortController().signal },
      );
      models.set(packageHash, opened);
      return opened.facts;
    },
    infer: ({ packageHash }, picture) => of(packageHash).infer(picture as Uint8Array),
    inferTensors: ({ packageHash }, tensors) => of(packageHash).inferTensors(tensors),
    async close() {
      await Promise.all([...models.values()].map(({ model }) => model.close()));
    },
  };
}
