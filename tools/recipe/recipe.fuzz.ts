import { readFileSync } from 'node:fs';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { parseLifecycle } from './lifecycle.ts';
import { lintRecipe } from './lint/lint-recipe.ts';
import { parseRecipe } from './read-recipe.ts';

const YAML = `RecipeFormatVersion: "2020-01-25"
ComponentName: a.B
ComponentVersion: "1.0.0"
ComponentDependencies: { edgeml.Runtime: { VersionRequirement: ">=1.0.0 <2.0.0", DependencyType: HARD } }
ComponentConfiguration: { DefaultConfiguration: { accessControl: { aws.greengrass.ipc.pubsub: { "a:1": { operations: ["*"], resources: ["a/*"] } } } } }
Manifests:
  - Platform: { os: linux, architecture: "/amd64|aarch64/" }
    Artifacts: [{ URI: "s3://b/a.zip", Unarchive: ZIP }]
    Lifecycle: { install: { script: "ln -s {artifacts:decompressedPath}/a x", timeout: 20 }, run: "x {configuration:/a/b}" }
`;

const target: FuzzTarget = {
  about: 'recipes of components in YAML and JSON',
  dictionary: [
    '<<: *a',
    '&a ',
    '*a',
    '!!binary',
    '? ',
    '- ',
    '{artifacts:path}',
    '{a:b:/c}',
    'skipif: onpath x',
    '"^1.0.0"',
    '\t',
    '---\n',
  ],
  seeds: () => [
    Buffer.from(YAML),
    readFileSync(new URL('../../recipes/edgeml.Runtime.yaml', import.meta.url)).subarray(0, 2_048),
    Buffer.from(
      JSON.stringify({
        RecipeFormatVersion: '2020-01-25',
        ComponentName: 'a',
        ComponentVersion: '1.0.0',
        Manifests: [{}],
      }),
    ),
  ],
  run(bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    for (const file of ['recipe.yaml', 'recipe.json']) {
      for (const strictLite of [false, true]) {
        const parsed = parseRecipe(text, file, { strictLite });
        lintRecipe(parsed);
        const { recipe } = parsed;
        for (const manifest of recipe?.manifests ?? [])
          unlessRefused(() => parseLifecycle(recipe!.name, manifest.lifecycle));
      }
    }
  },
};
export default target;
