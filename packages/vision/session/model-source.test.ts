import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Provider } from '#packages/model-package';
import { BLUE, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { externalWeights, meanColorModel } from '../../../testing/vision/onnx-builder.ts';

let folder: ModelFolder | undefined;
afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

async function scoreOfBlue(provider: Provider = 'cpu'): Promise<number | undefined> {
  const model = await folder!.load({ providers: [provider] });
  const { predictions } = await model.infer(await plain(BLUE).png().toBuffer());
  await model.close();
  return predictions.find(({ label }) => label === 'blue')?.score;
}

/** A package whose model has its only weight, 0.5, in a file beside it. */
async function withExternalWeight(location: string, file: string | undefined, variant = 'model.onnx'): Promise<void> {
  folder = await modelFolder(
    { variants: [{ file: variant }] },
    {
      [variant]: meanColorModel(8, { scale: 0.5, location }),
      ...(file === undefined ? {} : { [file]: externalWeights([0.5]) }),
    },
  );
}

describe('a model that holds its weights itself', () => {
  it('is loaded from the bytes that were hashed, or not at all', async () => {
    folder = await modelFolder();
    const model = path.join(folder.dir, 'model.onnx');
    await writeFile(model, meanColorModel(8, { scale: 0.5 }));
    await expect(folder.load()).rejects.toMatchObject({
      code: 'package.changed',
      message: expect.stringMatching(/"model\.onnx".*was verified/) as unknown,
    });
    // Another file under the name, as a swap by renaming makes it.
    await writeFile(`${model}.new`, meanColorModel(8));
    await rename(`${model}.new`, model);
    expect(await scoreOfBlue()).toBe(1);
  });
});

describe('a model whose weights lie in a file beside it', () => {
  it.each(['cpu', 'wasm'] as const)('runs on %s', async (provider) => {
    await withExternalWeight('weights.data', 'weights.data');
    expect(await scoreOfBlue(provider)).toBe(0.5);
  });

  it('finds them where the model says: relative to its own folder', async () => {
    await withExternalWeight('./data/weights.bin', 'fp32/data/weights.bin', 'fp32/model.onnx');
    expect(await scoreOfBlue()).toBe(0.5);
  });

  it('refuses weights that are not those that were hashed', async () => {
    await withExternalWeight('weights.data', 'weights.data');
    await writeFile(path.join(folder!.dir, 'weights.data'), externalWeights([0.25]));
    await expect(folder!.load()).rejects.toMatchObject({
      code: 'package.changed',
      message: expect.stringContaining('"weights.data"') as unknown,
    });
  });

  it('refuses weights that were added later, or are gone', async () => {
    await withExternalWeight('weights.data', undefined);
    await writeFile(path.join(folder!.dir, 'weights.data'), externalWeights([0.5]));
    await expect(folder!.load()).rejects.toMatchObject({ code: 'package.changed' });
    await folder!.remove();
    await withExternalWeight('weights.data', 'weights.data');
    await rm(path.join(folder!.dir, 'weights.data'));
    await expect(folder!.load()).rejects.toMatchObject({ code: 'package.unreadable' });
  });

  it.each(['../weights.data', '/etc/hostname', '..'])(
    'refuses weights outside of the package: %s',
    async (location) => {
      await withExternalWeight(location, undefined);
      await expect(folder!.load()).rejects.toMatchObject({
        code: 'model.unreadable',
        message: expect.stringContaining('outside of the package') as unknown,
      });
    },
  );
});
