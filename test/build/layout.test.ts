import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesBelow, hashFile } from '#packages/foundation';
import { buildComponents } from '../../tools/bundle/build.ts';
import type { BuildStep } from '../../tools/bundle/build.ts';
import { COMPONENTS } from '../../tools/bundle/components.ts';
import { buildForThisMachine, thisPlatform } from '../../tools/bundle/host-build.ts';
import { LITE_RECIPE_BYTES } from '../../tools/lint/lint-collection.ts';
import { readRecipe } from '../../tools/bundle/recipe-source.ts';
import { parseRecipeFile } from '../../tools/recipe/read-recipe.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';

const CODE = COMPONENTS.map(({ name }) => name).filter((name) => name !== 'edgeml.Runtime');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-layout-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('greengrass-build', () => {
  let output: string;
  let steps: readonly BuildStep[];

  beforeAll(async () => {
    output = path.join(folder, 'all');
    steps = await buildForThisMachine({ output });
  });

  it('has the layout that greengrass-cli takes', async () => {
    expect(await filesBelow(output)).toEqual([
      'artifacts/edgeml.Console/1.0.0/edgeml-console.zip',
      'artifacts/edgeml.EdgeManager/1.3.6/edgeml-edge-manager.zip',
      'artifacts/edgeml.FeedbackUploader/1.0.0/edgeml-feedback.zip',
      'artifacts/edgeml.InferenceAgent/1.0.0/edgeml-agent.zip',
      'artifacts/edgeml.InferenceApp/1.0.0/edgeml-app.zip',
      `artifacts/edgeml.Runtime/1.0.0/edgeml-runtime-${thisPlatform()}.zip`,
      'artifacts/edgeml.model.GearInspector/1.0.0/GearInspector.zip',
      'artifacts/edgeml.model.PartsClassifier/1.0.0/PartsClassifier.zip',
      'artifacts/edgeml.model.PartsDetector/1.0.0/PartsDetector.zip',
      'artifacts/edgeml.model.PartsSegmenter/1.0.0/PartsSegmenter.zip',
      'recipes/edgeml.Console-1.0.0.yaml',
      'recipes/edgeml.EdgeManager-1.3.6.yaml',
      'recipes/edgeml.FeedbackUploader-1.0.0.yaml',
      'recipes/edgeml.InferenceAgent-1.0.0.yaml',
      'recipes/edgeml.InferenceApp-1.0.0.yaml',
      'recipes/edgeml.Runtime-1.0.0.yaml',
      'recipes/edgeml.model.GearInspector-1.0.0.yaml',
      'recipes/edgeml.model.PartsClassifier-1.0.0.yaml',
      'recipes/edgeml.model.PartsDetector-1.0.0.yaml',
      'recipes/edgeml.model.PartsSegmenter-1.0.0.yaml',
    ]);
  });

  it('keeps nothing that an earlier build made for other platforms', async () => {
    const runtimes = path.join(output, 'artifacts/edgeml.Runtime/1.0.0');
    await writeFile(path.join(runtimes, 'edgeml-runtime-windows-x64.zip'), 'of an earlier build');
    await buildForThisMachine({ output });
    expect(await readdir(runtimes)).toEqual([`edgeml-runtime-${thisPlatform()}.zip`]);
  });

  it('holds what the recipes name, and recipes that both nuclei can read', async () => {
    for (const { component, version, artifact } of steps) {
      const file = path.join(output, 'recipes', `${component}-${version}.yaml`);
      const { recipe, issues, bytes } = await parseRecipeFile(file);
      expect(issues).toEqual([]);
      expect(bytes).toBeLessThan(LITE_RECIPE_BYTES);
      expect(recipe?.manifests.flatMap(({ artifacts }) => artifacts.map(({ fileName }) => fileName))).toContain(
        artifact,
      );
    }
  });

  it('keeps every zip of code under 1 MB, and models under 6 MB', () => {
    for (const { component, done } of steps) {
      if (component === 'edgeml.Runtime') continue;
      const limit = component.startsWith('edgeml.model.') ? 6_000_000 : 1_000_000;
      expect(done?.bytes, component).toBeLessThan(limit);
      expect(done?.bytes, component).toBeGreaterThan(0);
    }
  });

  it('unpacks into exactly these files', async () => {
    const contents = async (component: string, zip: string): Promise<readonly string[]> => {
      const target = path.join(folder, `unpacked-${zip}`);
      await unzip(path.join(output, 'artifacts', component, '1.0.0', zip), target);
      return filesBelow(target);
    };
    expect(await contents('edgeml.InferenceAgent', 'edgeml-agent.zip')).toEqual([
      'LICENSE',
      'THIRD-PARTY-LICENSES',
      'agent.js',
      'doctor.js',
      'install.cmd',
      'install.sh',
      'instance-worker.js',
      'model.js',
      'package.json',
      'run.cmd',
      'run.sh',
      'sbom.cdx.json',
      'serve-model.js',
    ]);
    expect(await contents('edgeml.InferenceApp', 'edgeml-app.zip')).toEqual([
      'LICENSE',
      'THIRD-PARTY-LICENSES',
      'app.js',
      'package.json',
      'sample_images/cat.jpeg',
      'sample_images/objects.jpg',
      'sbom.cdx.json',
    ]);
    expect(await contents('edgeml.FeedbackUploader', 'edgeml-feedback.zip')).toEqual([
      'LICENSE',
      'THIRD-PARTY-LICENSES',
      'package.json',
      'redactor.js',
      'sbom.cdx.json',
      'uploader.js',
    ]);
    const model = await contents('edgeml.model.PartsDetector', 'PartsDetector.zip');
    expect(model).toEqual(
      expect.arrayContaining(['labels.txt', 'model.json', 'model.onnx', 'sagemaker_edge_manifest']),
    );
  });

  it('is not built again when nothing has changed', async () => {
    const before = await times(output);
    const again = await buildForThisMachine({ output });

    expect(again.every(({ done }) => done?.built === false)).toBe(true);
    expect(await times(output)).toEqual(before);
  });

  it('forgets earlier versions and keeps what others put there', async () => {
    const { mkdir, writeFile } = await import('node:fs/promises');
    await mkdir(path.join(output, 'artifacts/edgeml.InferenceApp/0.9.0'), { recursive: true });
    await writeFile(path.join(output, 'recipes/edgeml.InferenceApp-0.9.0.yaml'), '');
    await writeFile(path.join(output, 'recipes/com.example.Camera-1.0.0.yaml'), '');

    await buildComponents({ output, components: ['edgeml.InferenceApp'] });

    const files = await filesBelow(output);
    expect(files).toContain('recipes/com.example.Camera-1.0.0.yaml');
    expect(files.filter((file) => file.includes('0.9.0'))).toEqual([]);
    await rm(path.join(output, 'recipes/com.example.Camera-1.0.0.yaml'));
  });

  it('says which components there are when asked for another', async () => {
    await expect(buildComponents({ output, components: ['edgeml.Nothing'] })).rejects.toMatchObject({
      code: 'build.unknown-component',
      message: expect.stringContaining('edgeml.InferenceApp') as string,
    });
  });
});

describe('a build', () => {
  it('gives the same bytes from the same sources, with nothing cached', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const cache = path.join(folder, `cache-${name}`);
        const output = path.join(folder, `output-${name}`);
        const steps = await buildComponents({ components: CODE, output, cache });
        expect(steps.every(({ done }) => done?.built)).toBe(true);
        return hashes(output);
      }),
    );
    expect(one).toEqual(two);
    expect(Object.keys(one ?? {})).toHaveLength(2 * CODE.length);
  });

  it.each(CODE)('for gdk writes the recipe of %s under the name that gdk publishes from', async (component) => {
    const output = path.join(folder, 'gdk', component);
    await buildComponents({ components: [component], output, gdkFor: component });

    const recipes = (await filesBelow(output)).filter((file) => file.startsWith('recipes/'));
    const { version } = await readRecipe(component);
    expect(recipes).toEqual([`recipes/${component}-${version}.yaml`, `recipes/${component}.yaml`]);
    const [versioned, plain] = await Promise.all(recipes.map((file) => readFile(path.join(output, file), 'utf8')));
    expect(plain).toBe(versioned);
  });
});

async function hashes(root: string): Promise<Readonly<Record<string, string>>> {
  const files = await filesBelow(root);
  const pairs = files.map(async (file) => [file, await hashFile(path.join(root, file))] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

async function times(root: string): Promise<readonly number[]> {
  const files = (await filesBelow(root)).filter((file) => file.startsWith('artifacts/'));
  return Promise.all(files.map(async (file) => (await stat(path.join(root, file))).mtimeMs));
}
