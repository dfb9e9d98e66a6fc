import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readFile, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gdkProject } from '../../testing/gdk/gdk-project.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { gdk } from '../../testing/outside-data/programs.ts';
import { COMPONENTS } from '../../tools/bundle/components.ts';
import { gdkProjects } from '../../tools/bundle/generate/gdk-project.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { readRecipe } from '../../tools/bundle/recipe-source.ts';

const run = promisify(execFile);
const FOLDERS = COMPONENTS.map(({ name, folder }) => [name, path.join(PROJECT, 'components', folder)] as const);
const builtByGdk = await needs(gdk);

describe('gdk projects', () => {
  it('are what the recipes say', async () => {
    for (const { path: file, content, link } of await gdkProjects()) {
      const target = path.join(PROJECT, file);
      expect((await lstat(target)).isSymbolicLink(), file).toBe(link ?? false);
      if (!link) expect(await readFile(target, 'utf8'), file).toBe(content);
    }
  });

  it.each([...FOLDERS, ['edgeml.InferenceApp', PROJECT] as const])(
    'lead from %s in %s to its recipe',
    async (name, folder) => {
      // gdk resolves the link and takes its file name for the built recipe (GDKProject.py, PublishRecipeTransformer.py).
      expect(await realpath(path.join(folder, 'recipe.yaml'))).toBe((await readRecipe(name)).file);
      await expect(lstat(path.join(folder, 'recipe.json'))).rejects.toThrow('ENOENT');
    },
  );

  // The runtime is left out: its build for publishing fetches every platform.
  describe('built by gdk itself', builtByGdk, () => {
    let root: string;
    beforeAll(async () => void (root = await mkdtemp(path.join(tmpdir(), 'edgeml-gdk-'))));
    afterAll(() => rm(root, { recursive: true, force: true }));

    it.each(COMPONENTS.filter(({ name }) => name !== 'edgeml.Runtime'))('$name', async ({ name, folder }) => {
      const { version } = await readRecipe(name);
      const cwd = await gdkProject(root, folder);
      await run('gdk', ['component', 'build'], { cwd });
      const build = path.join(cwd, 'greengrass-build');
      expect((await readdir(path.join(build, 'recipes'))).sort()).toEqual([`${name}-${version}.yaml`, `${name}.yaml`]);
      expect(await readdir(path.join(build, 'artifacts', name, version))).toHaveLength(1);
    });
  });
});
