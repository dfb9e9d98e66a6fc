import { describe, expect, it } from 'vitest';
import { formatIssue } from './issue.ts';
import { parseRecipe } from './read-recipe.ts';

const MINIMAL = `
RecipeFormatVersion: '2020-01-25'
ComponentName: a.Sensor
ComponentVersion: '1.2.3'
Manifests:
  - Lifecycle: { run: ./sensor }
`;

function codes(text: string, file = 'r.yaml'): string[] {
  return parseRecipe(text, file).issues.map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('parseRecipe', () => {
  it('reads a recipe and fills in what the format leaves open', () => {
    const { recipe, issues } = parseRecipe(
      `${MINIMAL}    Artifacts: [{ Uri: 's3://bucket/a.Sensor/1.2.3/sensor.zip', Unarchive: zip, Permission: { Execute: owner } }]
ComponentDependencies:
  a.Base: { VersionRequirement: '^1.0.0' }
  a.Extra: { VersionRequirement: '>=2.0.0 <3.0.0', DependencyType: soft }
`,
      'r.yaml',
    );

    expect(issues).toEqual([]);
    expect(recipe).toMatchObject({
      name: 'a.Sensor',
      version: '1.2.3',
      type: 'aws.greengrass.generic',
      defaultConfiguration: {},
      lifecycle: {},
      dependencies: {
        'a.Base': { versionRequirement: '^1.0.0', type: 'HARD' },
        'a.Extra': { versionRequirement: '>=2.0.0 <3.0.0', type: 'SOFT' },
      },
      manifests: [
        {
          platform: {},
          selections: [],
          lifecycle: { run: './sensor' },
          artifacts: [{ fileName: 'sensor.zip', unarchive: 'ZIP', permission: { read: 'OWNER', execute: 'OWNER' } }],
        },
      ],
    });
  });

  it('reads keys of any case, as the Java nucleus does, and says that nucleus lite does not', () => {
    const { recipe, issues } = parseRecipe(
      `
recipeformatversion: '2020-01-25'
componentName: a.Sensor
componentVersion: '1.2.3'
manifests:
  - platform: { os: linux }
    lifecycle:
      Run: { script: ./sensor, TIMEOUT: 5 }
`,
      'r.yaml',
    );

    expect(recipe?.manifests[0]?.lifecycle).toEqual({ run: { Script: './sensor', Timeout: 5 } });
    expect(new Set(issues.map(({ code, nucleus }) => `${code} ${nucleus}`))).toEqual(new Set(['key.case lite']));
    expect(issues.find(({ pointer }) => pointer === '/manifests/0/lifecycle/Run')?.line).toBe(8);
  });

  it('refuses keys of another case where nucleus lite is imitated', () => {
    expect(parseRecipe(MINIMAL.replace('run:', 'Run:'), 'r.yaml', { strictLite: true }).recipe).toBeUndefined();
    expect(parseRecipe(MINIMAL, 'r.yaml', { strictLite: true }).recipe).toBeDefined();
  });

  it('leaves the keys of free sections alone', () => {
    const { recipe, issues } = parseRecipe(
      `${MINIMAL}ComponentConfiguration:\n  DefaultConfiguration: { script: x, RUN: { Timeout: 1 }, uri: y }\n`,
      'r.yaml',
    );

    expect(issues).toEqual([]);
    expect(recipe?.defaultConfiguration).toEqual({ script: 'x', RUN: { Timeout: 1 }, uri: 'y' });
  });

  it('names every problem at once, with pointer, line, value and fix', () => {
    const { recipe, issues } = parseRecipe(
      `
RecipeFormatVersion: '2020-01-25'
ComponentName: "a sensor"
ComponentVersion: 1.0
ComponentDependencies:
  a.Base: { VersionRequirement: 'about one' }
Manifests:
  - Artifacts:
      - Uri: file:///tmp/x
      - Unarchive: RAR
`,
      'recipes/a.yaml',
    );

    expect(recipe).toBeUndefined();
    expect(issues.map(formatIssue)).toEqual([
      'recipes/a.yaml:3 /ComponentName: ComponentName: "a sensor" holds a character other than letters, digits, "-", "_" and ".". Fix: use letters, digits, "-", "_" and ".", at most 128.',
      'recipes/a.yaml:4 /ComponentVersion: ComponentVersion: 1 should be text. Fix: write three numbers in quotes, e.g. "1.0.0".',
      'recipes/a.yaml:6 /ComponentDependencies/a.Base/VersionRequirement: VersionRequirement: "about one" is not a version range. Fix: write an npm range, e.g. "^1.0.0" or ">=1.2.0 <2.0.0".',
      'recipes/a.yaml:9 /Manifests/0/Artifacts/0/Uri: Uri: "file:///tmp/x" is neither an s3:// nor a greengrass: URI. Fix: write s3://BUCKET/COMPONENT/VERSION/file; locally only the last part counts.',
      'recipes/a.yaml:10 /Manifests/0/Artifacts/1/Uri: Uri is missing. Fix: write s3://BUCKET/COMPONENT/VERSION/file; locally only the last part counts.',
      'recipes/a.yaml:10 /Manifests/0/Artifacts/1/Unarchive: Unarchive: "RAR" should be "NONE" or "ZIP". Fix: write NONE or ZIP.',
    ]);
  });

  it('wants at least one manifest', () => {
    expect(codes(MINIMAL.replace(/Manifests:[^]*/, 'Manifests: []'))).toEqual(['value.invalid /Manifests']);
    expect(codes(MINIMAL.replace(/Manifests:[^]*/, ''))).toEqual(['key.missing /Manifests']);
  });

  it.each([
    ['1.2', false],
    ['v1.2.3', false],
    ['1.2.3-beta.1', true],
    ['1000000.0.0', false],
    ['999999.0.0', true],
    [`1.0.0-${'a'.repeat(60)}`, false],
  ])('takes the version %s: %s', (version, accepted) => {
    expect(parseRecipe(MINIMAL.replace('1.2.3', version), 'r.yaml').recipe !== undefined).toBe(accepted);
  });

  it('points at broken YAML', () => {
    const { issues } = parseRecipe('ComponentName: a\n  b: [', 'r.yaml');

    expect(issues.at(-1)).toMatchObject({ severity: 'error', code: 'syntax', line: 2 });
    expect(issues[0]?.message).toContain('not YAML');
  });

  it('takes an alias within a key for what it is, broken YAML', () => {
    const [issue] = parseRecipe('a:\n  - {*a}: 1\n    ? {{}: 1}\n    : 2\n', 'recipe.yaml').issues;
    expect(issue).toMatchObject({
      severity: 'error',
      code: 'syntax',
      message: expect.stringContaining('nresolved alias') as unknown,
    });
  });

  it('refuses a key that is given twice', () => {
    expect(codes(`${MINIMAL}ComponentName: b\n`)).toEqual(['syntax ']);
    expect(codes(`${MINIMAL}componentname: b\n`)).toContain('key.twice /componentname');
  });

  it('reads JSON as JSON', () => {
    const json = JSON.stringify({
      RecipeFormatVersion: '2020-01-25',
      ComponentName: 'a.Sensor',
      ComponentVersion: '1.0.0',
      ComponentConfiguration: { DefaultConfiguration: { rate: 0.5, on: true } },
      Manifests: [{}],
    });

    expect(parseRecipe(json, 'r.json').recipe?.defaultConfiguration).toEqual({ rate: 0.5, on: true });
    expect(parseRecipe(json.replace('{', '{ // no comments\n'), 'r.json').issues[0]?.code).toBe('syntax');
  });

  it('makes text of every YAML scalar in the manner of nucleus lite, but not of JSON', () => {
    const yaml = `${MINIMAL}ComponentConfiguration: { DefaultConfiguration: { rate: 0.5, on: true, nothing: null } }\n`;
    const json = `{"RecipeFormatVersion":"2020-01-25","ComponentName":"a","ComponentVersion":"1.0.0","Manifests":[{}],"ComponentConfiguration":{"DefaultConfiguration":{"rate":0.5}}}`;

    expect(parseRecipe(yaml, 'r.yaml', { strictLite: true }).recipe?.defaultConfiguration).toEqual({
      rate: '0.5',
      on: 'true',
      nothing: 'null',
    });
    expect(parseRecipe(json, 'r.json', { strictLite: true }).recipe?.defaultConfiguration).toEqual({ rate: 0.5 });
  });

  it('warns about keys that mean nothing', () => {
    expect(codes(`${MINIMAL}ComponentAuthor: me\n`)).toEqual(['key.unknown /ComponentAuthor']);
    expect(parseRecipe(`${MINIMAL}ComponentAuthor: me\n`, 'r.yaml').recipe).toBeDefined();
  });
});
