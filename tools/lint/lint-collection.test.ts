import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lintCollection } from './lint-collection.ts';
import { projectPaths } from '../bundle/project.ts';
import { readRecipe, strippedRecipe } from '../bundle/recipe-source.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'lint-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('lintCollection', () => {
  it('finds nothing wrong with our own recipes', async () => {
    const files = (await readdir(projectPaths.recipes)).map((name) => path.join(projectPaths.recipes, name));
    const issues = await lintCollection(files);
    expect(issues.filter(({ severity }) => severity !== 'info')).toEqual([]);
  });

  it('finds policy ids that two components share', async () => {
    const issues = await lintCollection([await recipe('com.example.A'), await recipe('com.example.B')]);
    expect(issues.map(({ code, message }) => [code, message])).toContainEqual([
      'access-control.shared-id',
      expect.stringMatching(/"shared:pubsub:1" is used by .*com\.example\.A\.yaml too/) as string,
    ]);
  });

  it('measures what is delivered: comments do not count, the rest must fit nucleus lite', async () => {
    const commented = await recipe('com.example.A', `# ${'x'.repeat(9_000)}\n`);
    const large = await recipe('com.example.B', `ComponentDescription: ${'x'.repeat(8_000)}\n`);
    const codes = (await lintCollection([commented, large])).filter(({ code }) => code === 'recipe.too-large-for-lite');
    expect(codes.map(({ file, nucleus }) => [path.basename(file), nucleus])).toEqual([['com.example.B.yaml', 'lite']]);
  });

  async function recipe(name: string, more = ''): Promise<string> {
    const file = path.join(folder, `${name}.yaml`);
    await writeFile(
      file,
      `${more}RecipeFormatVersion: '2020-01-25'
ComponentName: ${name}
ComponentVersion: '1.0.0'
ComponentConfiguration:
  DefaultConfiguration:
    accessControl:
      aws.greengrass.ipc.pubsub:
        'shared:pubsub:1': { operations: ['aws.greengrass#PublishToTopic'], resources: ['a'] }
Manifests:
  - Platform: { os: linux, runtime: '*' }
    Lifecycle: { run: 'echo hello' }
    Artifacts: [{ Uri: 's3://b/c/d/e.zip' }]
`,
    );
    return file;
  }
});

describe('strippedRecipe', () => {
  it('takes comments and blank lines away and nothing else', async () => {
    const { text } = await readRecipe('edgeml.InferenceAgent');
    const stripped = strippedRecipe(text);
    expect(stripped).not.toMatch(/^\s*#/m);
    expect(stripped).not.toMatch(/\n\s*\n/);
    expect(parse(stripped)).toEqual(parse(text));
  });

  it('leaves a # inside of values alone', () => {
    expect(strippedRecipe("a: 'x # y' # note\nb: |\n  # script\n  echo\n")).toBe(
      "a: 'x # y'\nb: |\n  # script\n  echo\n",
    );
  });
});

describe('readRecipe', () => {
  it.each([
    ['no YAML', 'a: [', 'is not YAML'],
    ['another component', "ComponentName: other\nComponentVersion: '1.0.0'\n", 'it has other and 1.0.0'],
  ])('refuses %s', async (_, text, message) => {
    await writeFile(path.join(folder, 'com.example.A.yaml'), text);
    await expect(readRecipe('com.example.A', folder)).rejects.toMatchObject({
      code: 'build.recipe',
      message: expect.stringContaining(message) as string,
    });
  });

  it('says which recipe is missing', async () => {
    await expect(readRecipe('com.example.None', folder)).rejects.toThrow(
      /cannot read the recipe of com\.example\.None/,
    );
  });
});
