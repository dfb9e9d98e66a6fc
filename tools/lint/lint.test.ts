import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../../testing/process/run-command.ts';
import { writeFiles } from '../../testing/agent/package-folder.ts';
import { projectPaths } from '../bundle/project.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { lintDependencies } from './lint-dependencies.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { colorPackage, tarOf } from '../../testing/package/training-output.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-lint-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
interface Issue {
  readonly severity: string;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
}

/** Everything but remarks, as `code pointer`. */
async function lint(...paths: readonly string[]): Promise<readonly string[]> {
  return (await issuesOf(...paths))
    .filter(({ severity }) => severity !== 'info')
    .map(({ code, pointer }) => `${code} ${pointer}`);
}

async function issuesOf(...paths: readonly string[]): Promise<readonly Issue[]> {
  const { json } = await runHere(['lint', '--json', ...paths]);
  return (json[0] as { issues: Issue[] }).issues;
}

function recipe(name: string, more: string): Promise<void> {
  return writeFile(
    at(`${name}.yaml`),
    `RecipeFormatVersion: '2020-01-25'
ComponentName: ${name}
ComponentVersion: '1.0.0'
${more}
Manifests:
  - Platform: { os: linux, runtime: '*' }
    Lifecycle: { run: { Script: echo } }
    Artifacts:
      - Uri: s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/a.zip
`,
  );
}

function recipeOf(name: string, version: string, needs: Readonly<Record<string, string>> = {}): Recipe {
  const dependencies = Object.entries(needs).map(
    ([other, versionRequirement]) => [other, { versionRequirement, type: 'HARD' }] as const,
  );
  return {
    name,
    version,
    type: 'aws.greengrass.generic',
    defaultConfiguration: {},
    dependencies: Object.fromEntries(dependencies),
    manifests: [],
    lifecycle: {},
  };
}

describe('edgeml lint', () => {
  it('finds nothing wrong with this project, and exits with 0', async () => {
    const result = await runCommand(['lint', '--json', '--strict'], {});
    expect(result, result.stdout).toMatchObject({ code: 0, json: [{ packages: 0 }] });
  });

  it('finds dependencies that are not met, not known, and that go in a circle', async () => {
    const needs = (name: string, version: string) =>
      `ComponentDependencies:\n  ${name}: { VersionRequirement: '${version}', DependencyType: HARD }`;
    await recipe('a.One', needs('a.Two', '>=1.0.0 <2.0.0'));
    await recipe('a.Two', needs('a.One', '>=2.0.0'));
    await recipe('a.Three', needs('a.Unknown', '1.0.0'));
    await recipe('a.Four', needs('edgeml.InferenceAgent', '>=9.0.0'));
    const names = ['a.One', 'a.Two', 'a.Three', 'a.Four'].map((name) => at(`${name}.yaml`));
    expect([...(await lint(...names))].sort()).toEqual([
      'dependency.circle /ComponentDependencies',
      'dependency.circle /ComponentDependencies',
      'dependency.unknown /ComponentDependencies/a.Unknown',
      'dependency.unsatisfied /ComponentDependencies/a.One',
      'dependency.unsatisfied /ComponentDependencies/edgeml.InferenceAgent',
    ]);
    expect((await runHere(['lint', ...names])).code).toBe(1);
  });

  it('reads the default configuration of our components by their schema', async () => {
    await recipe(
      'edgeml.InferenceAgent',
      'ComponentConfiguration: { DefaultConfiguration: { QueueLength: 0, Workerz: 1 } }',
    );
    const issues = await issuesOf(at('edgeml.InferenceAgent.yaml'));
    expect(issues.filter(({ code }) => code.startsWith('configuration.'))).toMatchObject([
      { severity: 'error', pointer: '/ComponentConfiguration/DefaultConfiguration/QueueLength' },
      {
        severity: 'warning',
        pointer: '/ComponentConfiguration/DefaultConfiguration/Workerz',
        message: expect.stringContaining('/Workerz is not a setting') as string,
      },
    ]);
  });

  it('reads a deployment document: its form, its versions, what it would set', async () => {
    const merge = JSON.stringify({ SignaturePolicy: 'maybe' });
    const components = {
      'edgeml.InferenceAgent': { componentVersion: '1.0.0', configurationUpdate: { merge } },
      'edgeml.Runtime': { componentVersion: '9.9.9' },
    };
    await writeFile(at('deployment.json'), JSON.stringify({ components }));
    expect(await lint(at('deployment.json'))).toEqual([
      'deployment.unknown-version /components/edgeml.Runtime',
      'configuration.invalid /components/edgeml.InferenceAgent/configurationUpdate/merge/SignaturePolicy',
    ]);
    await writeFile(at('deployment.json'), JSON.stringify({ components: { a: { version: '1.0.0' } } }));
    expect(await lint(at('deployment.json'))).toEqual(['deployment.invalid ']);
  });

  it('counts the objects of a configuration as nucleus lite would have it, the defaults of the recipe included', async () => {
    const sources = (count: number): object =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `door${index}`,
          { Type: 'stream', Url: `rtsp://camera${index}/1`, FramesPerSecond: 2, Services: ['PartsDetector'] },
        ]),
      );
    const document = (count: number, key = 'Sources', form: (map: object) => unknown = (map) => map): string =>
      JSON.stringify({
        components: {
          'edgeml.InferenceApp': {
            componentVersion: '1.0.0',
            configurationUpdate: { merge: JSON.stringify({ [key]: form(sources(count)) }) },
          },
        },
      });
    await writeFile(at('deployment.json'), document(12));
    expect(await lint(at('deployment.json'))).toEqual([]);
    await writeFile(at('deployment.json'), document(30));
    const [issue] = await issuesOf(at('deployment.json'));
    expect(issue).toMatchObject({ severity: 'error', code: 'lite.configuration-objects' });
    // 59 of the recipe, and for each camera its name, four settings and the entry of a list.
    expect(issue?.message).toContain(`a configuration of ${59 + 30 * 11} objects`);
    expect((await runHere(['lint', at('deployment.json')])).code).toBe(1);
    await writeFile(at('deployment.json'), document(30, 'MoreSources', JSON.stringify));
    expect(await lint(at('deployment.json'))).toEqual([]);
    await writeFile(at('deployment.json'), document(120, 'MoreSources', JSON.stringify));
    expect(await lint(at('deployment.json'))).toEqual([
      'lite.configuration-bytes /components/edgeml.InferenceApp/configurationUpdate/merge',
    ]);
    await writeFile(at('deployment.json'), document(30));
    expect((await runHere(['lint', '--nucleus', 'java', at('deployment.json')])).code).toBe(0);
  });

  it('says that a nucleus ignores the configuration of a component that is not a root', async () => {
    const request = {
      rootComponentVersionsToAdd: { 'edgeml.InferenceApp': '1.0.0' },
      componentToConfiguration: { 'edgeml.InferenceAgent': { MERGE: { LogLevel: 'debug' } } },
    };
    await writeFile(at('deployment.json'), JSON.stringify(request));
    expect(await lint(at('deployment.json'))).toEqual([
      'deployment.configuration-of-no-root /componentToConfiguration/edgeml.InferenceAgent',
    ]);
  });

  it('looks at dependants that are built beside: a version that they refuse, and ranges that nucleus lite cannot read', async () => {
    const base = { file: 'base', recipe: recipeOf('a.Base', '2.0.0') };
    const dependant = { file: 'app', recipe: recipeOf('a.App', '1.0.0', { 'a.Base': '^1.0.0' }) };
    expect(lintDependencies([base], [dependant]).map(({ code, file }) => `${file} ${code}`)).toEqual([
      'app dependency.unsatisfied',
      'app lite.version-requirement',
    ]);
  });

  it('reads model packages, folders and archives', async () => {
    await writeFiles(at('Good'), colorPackage());
    expect(await lint(at('Good'))).toEqual(['model.no-golden /golden']);
    await writeFile(at('good.tar.gz'), await tarOf(colorPackage()));
    expect(await lint(at('good.tar.gz'))).toEqual(['model.no-golden /golden']);
    await writeFiles(at('Bad'), { ...colorPackage({ name: 'a_b', input: { name: 'pixels', width: 8, height: 8 } }) });
    expect(await lint(at('Bad'))).toEqual([
      'packaging.name /name',
      'model.no-golden /golden',
      'model.input-name /input/name',
    ]);
    await writeFiles(at('Text'), { ...colorPackage(), 'model.onnx': 'text' });
    expect(await lint(at('Text'))).toContain('model.unreadable /variants/0');
    const variants = (...more: readonly object[]) => colorPackage({ variants: [...more] });
    const compiled = { file: 'model.hef', backend: 'hailo', target: 'hailo8' };
    await writeFiles(at('Hef'), { ...variants({ file: 'model.onnx' }, compiled), 'model.hef': '\x01HEF and more' });
    expect(await lint(at('Hef'))).toEqual(['model.no-golden /golden']);
    await writeFiles(at('NoHef'), { ...variants(compiled), 'model.hef': 'RKNN' });
    expect(await lint(at('NoHef'))).toEqual([
      'model.only-compiled /variants',
      'model.no-golden /golden',
      'model.not-compiled /variants/0',
    ]);
    await runHere(['keygen', '--out', at('keys'), '--key-id', 'k']);
    await runHere(['sign', '--package', at('Good'), '--key', at('keys/k.key')]);
    expect(await lint(at('Good'))).toEqual(['model.no-golden /golden']);
    await appendFile(at('Good/labels.txt'), 'more');
    expect(await lint(at('Good'))).toEqual(['model.no-golden /golden', 'signature.file-changed ']);
    await rm(at('Text/labels.txt'));
    expect(await lint(at('Text'))).toEqual(['package.file-missing ']);
  });

  it('reads a build folder: recipes, artifacts that must be there, packages', async () => {
    const words = ['package', '--source', path.join(projectPaths.models, 'PartsClassifier'), '--output', at('build')];
    expect(await runHere(words)).toMatchObject({ code: 0 });
    expect(await lint(at('build'))).toEqual([]);
    await rm(at('build/artifacts/edgeml.model.PartsClassifier/1.0.0/PartsClassifier.zip'));
    await appendFile(at('build/packages/PartsClassifier-1.0.0/model.json'), ']');
    expect(await lint(at('build'))).toEqual(['artifact.missing /Manifests', 'package.manifest-unreadable ']);
  });

  it('warns of nothing less with another nucleus than it knows', async () => {
    expect((await runHere(['lint', '--nucleus', 'lite'])).code).toBe(2);
    await cp(path.join(projectPaths.recipes, 'edgeml.Runtime.yaml'), at('edgeml.Runtime.yaml'));
    expect((await runHere(['lint', '--nucleus', 'java', at('edgeml.Runtime.yaml')])).code).toBe(0);
  });
});
