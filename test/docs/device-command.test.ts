import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectPaths, PROJECT } from '../../tools/bundle/project.ts';
import { parseRecipeFile } from '../../tools/recipe/read-recipe.ts';

const COMMAND = /^sudo \/greengrass\/v2\/bin\/greengrass-cli deployment create \\\n(?:.*\\\n)*.*$/m;

describe("README's command for a device", () => {
  it('names what a device without the cloud has, dependencies included, and asks for the rollback', async () => {
    const [command = ''] = COMMAND.exec(await readFile(path.join(PROJECT, 'README.md'), 'utf8')) ?? [];
    const roots = [...command.matchAll(/--merge ([\w.]+)=/g)].map(([, name]) => name!);
    expect(roots).toContain('edgeml.InferenceApp');
    expect(command).toContain('-fp ROLLBACK');
    const built = (await readdir(projectPaths.recipes)).map((file) => path.basename(file, '.yaml'));
    const needed = new Set<string>(roots);
    for (const name of needed) {
      expect(built, `${name} comes with the collection`).toContain(name);
      const { recipe } = await parseRecipeFile(path.join(projectPaths.recipes, `${name}.yaml`));
      // The Java nucleus installs SOFT dependencies, too.
      for (const dependency of Object.keys(recipe?.dependencies ?? {})) needed.add(dependency);
    }
    expect([...needed].sort()).toEqual([
      'edgeml.InferenceAgent',
      'edgeml.InferenceApp',
      'edgeml.Runtime',
      'edgeml.model.PartsClassifier',
      'edgeml.model.PartsDetector',
    ]);
  });
});
