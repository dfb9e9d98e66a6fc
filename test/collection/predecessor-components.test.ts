import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintCollection } from '../../tools/lint/lint-collection.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { AGENT, APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { detectorVersion } from '../../testing/device/model-version.ts';
import { pidsBelow, shareOf } from '../../testing/process/process-facts.ts';
import { sample } from '../../testing/device/samples.ts';

const RECIPES = path.join(PROJECT, 'recipes');

describe('recipes', async () => {
  const files = (await readdir(RECIPES))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(RECIPES, name));
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const recipes = texts.map((text) => parse(text) as Recipe);

  it('row 135: nothing runs with privileges, installs packages or downloads', () => {
    for (const { ComponentName: name, Manifests: manifests } of recipes) {
      const lifecycles = JSON.stringify(manifests.map(({ Lifecycle: lifecycle }) => lifecycle ?? {}));
      expect(lifecycles, name).not.toMatch(/RequiresPrivilege["\s:]+true/i);
      expect(lifecycles, name).not.toMatch(/\b(sudo|apt|apt-get|yum|brew|pip3?|npm|npx|conda|curl|wget)\b/);
    }
  });

  it('row 136: no component names a version of the nucleus', () => {
    for (const { ComponentName: name, ComponentDependencies: dependencies = {} } of recipes) {
      expect(Object.keys(dependencies), name).not.toContain('aws.greengrass.Nucleus');
    }
  });

  it('row 139: are valid, of format 2020-01-25, and have manifests per platform', async () => {
    const errors = (await lintCollection(files)).filter(({ severity }) => severity === 'error');
    expect(errors).toEqual([]);
    for (const { ComponentName: name, RecipeFormatVersion: format, Manifests: manifests } of recipes) {
      expect(format, name).toBe('2020-01-25');
      expect(manifests.length, name).toBeGreaterThan(0);
      const general = manifests.filter(({ Platform: platform }) => platform?.os === undefined);
      // The last one of the agent covers every platform that runs on the CPU alone.
      expect(general, name).toEqual(name === 'edgeml.InferenceAgent' ? manifests.slice(-1) : []);
    }
  });
});

interface Recipe {
  readonly ComponentName: string;
  readonly RecipeFormatVersion: string;
  readonly ComponentDependencies?: Readonly<Record<string, unknown>>;
  readonly Manifests: readonly { readonly Platform?: { readonly os?: string }; readonly Lifecycle?: unknown }[];
}

describe('in place of the components of Greengrass v2, on a device', () => {
  let device: Device;

  beforeAll(async () => {
    device = await Device.start();
  });
  afterAll(() => device.stop());

  it('row 134: a later version of a model component takes the place of the one before', async () => {
    const outcome = await device.deploy(await detectorVersion(device.folder('v1.1.0'), '1.1.0'));
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    await device.drop(sample('belt-01.jpg'), 'later.jpg');

    const { model, predictions } = await device.results.of('later.jpg');
    expect(model?.version).toBe('1.1.0');
    expect(predictions[0]?.label).toMatch(/@1\.1\.0$/);
  });

  it('row 137: deployed as the old component was, its log has image-classification, and the agent listens', async () => {
    // The topic is the old default, which the recipe allows, and the image that of the artifact.
    const settings = { Replaces: 'aws.greengrass.DLRImageClassification', InferenceInterval: '10' };

    const outcome = await device.deploy({ componentToConfiguration: { [APP]: { MERGE: settings } } });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    const log = () => device.log(APP);
    await expect.poll(log).toMatch(/"inference-type":"image-classification".*"Label":"gear"/);
    expect(await log()).not.toContain('app.publish-failed');
    await expect.poll(() => device.log(AGENT)).toContain('listening');
  });

  it('row 138: all of it fits into 500 MB', () => {
    // Each process's share: libraries that several of them map are in memory once.
    const bytes = pidsBelow(device.root).map(shareOf);
    const total = bytes.reduce((sum, one) => sum + one, 0);

    expect(bytes.length).toBeGreaterThanOrEqual(3);
    expect(total / 1e6).toBeLessThan(500);
  });
});
