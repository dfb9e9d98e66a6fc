import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { coreRig } from '../../../testing/local-core/core-rig.ts';
import type { CoreRig } from '../../../testing/local-core/core-rig.ts';
import { writeForGglCli } from './for-ggl-cli.ts';
import { writeZip } from '../../bundle/zip/write-zip.ts';

const RECIPE = `RecipeFormatVersion: '2020-01-25'
ComponentName: a.A
ComponentVersion: '1.0.0'
Manifests:
  - Platform: { os: linux, runtime: '*' }
    Lifecycle: { run: 'cat "{artifacts:decompressedPath}/a/there"' }
    Artifacts: [{ Uri: 's3://b/a.zip', Unarchive: ZIP }]
`;

let rig: CoreRig;
beforeEach(async () => {
  rig = await coreRig();
});
afterEach(() => rig.close());

it('makes a build that a local deployment of nucleus lite runs, without an archive', async () => {
  const [build, target] = [path.join(rig.folder, 'build'), path.join(rig.folder, 'for-ggl-cli')];
  for (const folder of ['recipes', 'artifacts/a.A/1.0.0']) await mkdir(path.join(build, folder), { recursive: true });
  await writeFile(path.join(build, 'recipes/a.A-1.0.0.yaml'), RECIPE);
  await writeZip(path.join(build, 'artifacts/a.A/1.0.0/a.zip'), [{ path: 'there', content: Buffer.from('unpacked') }]);

  await writeForGglCli(build, target);

  const nucleus = await rig.open({ strictLite: true });
  const folders = { recipeDirectoryPath: `${target}/recipes`, artifactsDirectoryPath: `${target}/artifacts` };
  expect(await rig.deploy(nucleus, { 'a.A': '1.0.0' }, folders)).toMatchObject({ status: 'SUCCEEDED' });
  await rig.line('a.A unpacked');
  expect(await readFile(`${target}/recipes/a.A-1.0.0.yaml`, 'utf8')).not.toContain('zip');
});

it('makes files executable that the recipe wants so, since the user of a component may not do it on nucleus lite', async () => {
  const [build, target] = [path.join(rig.folder, 'build'), path.join(rig.folder, 'for-ggl-cli')];
  for (const folder of ['recipes', 'artifacts/a.A/1.0.0']) await mkdir(path.join(build, folder), { recursive: true });
  const asked = '{ Uri: s3://b/run.zip, Unarchive: ZIP, Permission: { Execute: OWNER } }';
  const recipe = RECIPE.replace('Artifacts: [', `Artifacts: [${asked}, `);
  await writeFile(path.join(build, 'recipes/a.A-1.0.0.yaml'), recipe);
  for (const name of ['a', 'run']) {
    const content = [{ path: 'there', content: Buffer.from('#!/bin/sh') }];
    await writeZip(path.join(build, `artifacts/a.A/1.0.0/${name}.zip`), content);
  }

  await writeForGglCli(build, target);

  const mode = async (name: string) => (await stat(`${target}/artifacts/a.A/1.0.0/${name}/there`)).mode & 0o055;
  expect(await mode('run')).toBe(0o055);
  expect(await mode('a')).toBe(0o044);
});
