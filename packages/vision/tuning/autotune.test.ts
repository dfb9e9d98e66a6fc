import { afterEach, describe, expect, it } from 'vitest';

import { compiledModel, withChips } from '../../../testing/vision/fake-backend.ts';
import { RED, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { meanColorModel } from '../../../testing/vision/onnx-builder.ts';
import { autotune } from './autotune.ts';
import type { AutotuneOptions } from './autotune.ts';

const folders: ModelFolder[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => folder.remove()));
});

async function redModel(
  variants: readonly object[] = [{ file: 'dim.onnx', precision: 'int8' }, { file: 'model.onnx' }],
  files: Readonly<Record<string, Uint8Array | string>> = {},
): Promise<ModelFolder> {
  const folder = await modelFolder(
    { variants, golden: [{ input: 'red.png', expect: 'red.json', scoreTolerance: 0.05 }] },
    {
      'red.png': await plain(RED).png().toBuffer(),
      'red.json': JSON.stringify([{ classId: 0, label: 'red', score: 1 }]),
      // A naive quantization: half of the score is lost.
      'dim.onnx': meanColorModel(8, { scale: 0.5 }),
      ...files,
    },
  );
  folders.push(folder);
  return folder;
}

function tune(folder: ModelFolder, options: Partial<AutotuneOptions> = {}) {
  return autotune(folder.files, folder.manifest, folder.labels, {
    packageHash: 'a'.repeat(64),
    providers: ['cpu'],
    spinning: false,
    budgetMs: 500,
    ...options,
  });
}

describe('autotune', () => {
  it('takes a variant that gives right answers, and remembers it', async () => {
    const folder = await redModel();
    const first = await tune(folder);
    await first.model.close();
    expect(first).toMatchObject({ remembered: false, candidate: { variant: { file: 'model.onnx' }, provider: 'cpu' } });
    expect(first.results.map((result) => result.outcome)).toEqual(['golden-failed', 'measured']);

    const second = await tune(folder, { known: first.choice });
    expect(second.choice).toEqual(first.choice);
    await second.model.close();
    expect(second).toMatchObject({ remembered: true, candidate: { variant: { file: 'model.onnx' } } });
    expect(second.results).toHaveLength(1);
  });

  it('measures again for another package', async () => {
    const folder = await redModel();
    const first = await tune(folder);
    await first.model.close();
    const other = await tune(folder, { packageHash: 'b'.repeat(64), known: first.choice });
    await other.model.close();
    expect(other.remembered).toBe(false);
  });

  it('measures again if a driver has changed, but not a CPU', async () => {
    const folder = await redModel([{ file: 'model.onnx' }]);
    const on = async (providers: AutotuneOptions['providers'], driver: string, known?: AutotuneOptions['known']) => {
      const tuned = await tune(folder, { providers, hardware: () => driver, ...(known ? { known } : {}) });
      await tuned.model.close();
      return tuned;
    };
    const both = await on(['qnn', 'cpu'], 'driver 1');
    expect((await on(['qnn', 'cpu'], 'driver 1', both.choice)).remembered).toBe(true);
    expect((await on(['qnn', 'cpu'], 'driver 2', both.choice)).remembered).toBe(false);
    const cpu = await on(['cpu'], 'driver 1');
    expect((await on(['cpu'], 'driver 2', cpu.choice)).remembered).toBe(true);
  });

  describe('of a package with a file that was compiled for a chip', () => {
    const variants = [{ file: 'model.onnx' }, { file: 'model.hef', backend: 'hailo', target: 'hailo8' }];
    const compiled = () => redModel(variants, { 'model.hef': compiledModel(meanColorModel(8)) });
    const ladder = { providers: ['hailo', 'cpu'] } as const;

    it('takes it on the chip, if it gives the right answers', async () => {
      const tuned = await tune(await compiled(), { ...ladder, ...withChips('hailo8'), requireProvider: true });
      const { predictions } = await tuned.model.infer(await plain(RED).png().toBuffer());
      await tuned.model.close();
      expect(tuned.model.provider).toBe('hailo');
      expect(tuned.results).toHaveLength(1);
      expect(predictions[0]).toMatchObject({ label: 'red', score: 1 });
    });

    it('steps down on another chip, without one, with a wrong file and without the backend, and says why', async () => {
      const reasonOn = async (folder: ModelFolder, options: Partial<AutotuneOptions>): Promise<string> => {
        const tuned = await tune(folder, { ...ladder, ...options });
        await tuned.model.close();
        expect(tuned.model.provider).toBe('cpu');
        return tuned.fallbacks.map(({ provider, reason }) => `${provider}: ${reason}`).join();
      };
      const folder = await compiled();
      expect(await reasonOn(folder, withChips('rk3588'))).toMatch(
        /"model\.hef" is compiled for hailo8; this device has rk3588/,
      );
      expect(await reasonOn(folder, withChips())).toMatch(/compiled for hailo8; no accelerator was found here/);
      expect(await reasonOn(folder, { targets: () => ['hailo8'] })).toMatch(/does not have the backend "hailo"/);
      expect(await reasonOn(await redModel(variants, { 'model.hef': 'text' }), withChips('hailo8'))).toMatch(
        /HEF_FILE_INVALID/,
      );
    });

    it('is not run if it is the only one and the chip is missing', async () => {
      const folder = await redModel(variants.slice(1), { 'model.hef': compiledModel(meanColorModel(8)) });
      await expect(tune(folder, { ...ladder, ...withChips() })).rejects.toMatchObject({
        code: 'model.no-variant',
        message: expect.stringMatching(/model\.hef on hailo.*compiled for hailo8; no accelerator/) as unknown,
      });
    });
  });

  it('says why nothing works', async () => {
    const folder = await redModel([{ file: 'dim.onnx' }]);
    await expect(tune(folder)).rejects.toMatchObject({
      code: 'model.no-variant',
      message: expect.stringMatching(/dim\.onnx on cpu.*scores 0\.5 instead of 1/) as unknown,
    });
  });

  it('reports why a provider higher up the ladder was not taken', async () => {
    const folder = await redModel([{ file: 'model.onnx' }]);
    const tuned = await tune(folder, { providers: ['tensorrt', 'cpu'] });
    await tuned.model.close();
    expect(tuned.fallbacks).toEqual([
      { provider: 'tensorrt', reason: expect.stringContaining('providers_tensorrt') as unknown },
    ]);
  });
});
