import { describe, expect, it } from 'vitest';
import { worstSeverity } from '../issue.ts';
import { parseRecipe } from '../read-recipe.ts';
import { lintRecipe } from './lint-recipe.ts';

const HEAD = `
RecipeFormatVersion: '2020-01-25'
ComponentName: a.A
ComponentVersion: '1.0.0'
`;
const ARTIFACT = `Artifacts: [{ Uri: 's3://b/a.A/1.0.0/a.zip', Unarchive: ZIP }]`;
const GOOD = `${HEAD}
ComponentConfiguration: { DefaultConfiguration: { message: hi } }
Manifests:
  - Platform: { os: linux, runtime: '*' }
    Lifecycle: { run: 'exec {artifacts:decompressedPath}/a/app "{configuration:/message}" \${HOME:-/tmp}' }
    ${ARTIFACT}
`;

function lint(text: string, file = 'a.A.yaml'): string[] {
  return lintRecipe(parseRecipe(text, file)).map(({ severity, nucleus, code, pointer }) =>
    [severity, nucleus, code, pointer].join(' '),
  );
}

function withLifecycle(lifecycle: string, platform = "{ os: linux, runtime: '*' }", more = ''): string {
  return `${HEAD}${more}
Manifests:
  - Platform: ${platform}
    Lifecycle: ${lifecycle}
    ${ARTIFACT}
`;
}

describe('lintRecipe', () => {
  it('finds nothing in a sound recipe', () => {
    expect(lint(GOOD)).toEqual([]);
  });

  it.each([
    ['{ run: x, startup: y }', 'warning any lifecycle.run-unused /Manifests/0/Lifecycle/run'],
    ['{ run: { Timeout: 5 } }', 'error any lifecycle.invalid /Manifests/0/Lifecycle/run/Script'],
    ['{ install: { Script: npm ci } }', 'warning any lifecycle.network-install /Manifests/0/Lifecycle/install'],
    ['{ run: { Script: x, RequiresPrivilege: true } }', 'warning any lifecycle.privilege /Manifests/0/Lifecycle/run'],
    ["{ run: 'x {artifacts:paths}' }", 'error any variable.unknown /Manifests/0/Lifecycle/run'],
    ["{ run: 'x {configuration:rate}' }", 'error any variable.pointer /Manifests/0/Lifecycle/run'],
    ["{ run: 'x {configuration:/rate}' }", 'warning any variable.no-default /Manifests/0/Lifecycle/run'],
    ["{ run: 'x {a.B:work:path}' }", 'error any variable.not-a-dependency /Manifests/0/Lifecycle/run'],
    ['{ run: x, shutdown: y }', 'warning lite lite.section /Manifests/0/Lifecycle/shutdown'],
    ["{ run: { Script: x, Skipif: 'exists /x' } }", 'error lite lite.skipif /Manifests/0/Lifecycle/run/Skipif'],
    ["{ startup: 'x && exit 0' }", 'warning lite lite.startup /Manifests/0/Lifecycle/startup'],
    [
      "{ startup: { Script: 'x && systemd-notify --ready' } }",
      'warning lite lite.startup /Manifests/0/Lifecycle/startup',
    ],
    [`{ run: ${'x'.repeat(10_001)} }`, 'error lite lite.script-length /Manifests/0/Lifecycle/run'],
  ])('%s: %s', (lifecycle, expected) => {
    expect(lint(withLifecycle(lifecycle))).toContain(expected);
  });

  it('takes a time-out that configuration gives', () => {
    expect(
      lint(
        `${GOOD.replace("run: 'exec", "run: { Timeout: '{configuration:/message}', Script: 'exec").replace("/tmp}' }", "/tmp}' } }")}`,
      ),
    ).toEqual([]);
  });

  it('warns of numbers in a lifecycle, which the Java nucleus takes as changed at a rollback', () => {
    expect(lint(withLifecycle("{ install: { Script: 'true', Timeout: 300 }, run: 'exec sleep 1' }"))).toEqual([
      'warning any lifecycle.number /Manifests/0/Lifecycle/install/Timeout',
    ]);
    expect(lint(withLifecycle("{ install: { Script: 'true', Timeout: '300' }, run: 'exec sleep 1' }"))).toEqual([]);
  });

  it('resolves the variables of a dependency, on the Java nucleus only', () => {
    const text = withLifecycle(
      "{ run: 'x {a.B:work:path}' }",
      undefined,
      "ComponentDependencies: { a.B: { VersionRequirement: '>=1.0.0' } }",
    );

    expect(lint(text)).toEqual(['error lite lite.cross-component /Manifests/0/Lifecycle/run']);
  });

  it('does not hold against a manifest what nucleus lite never sees of it', () => {
    const text = `${HEAD}
Manifests:
  - Platform: { os: linux, runtime: aws_nucleus_lite }
    Lifecycle: { run: x }
    ${ARTIFACT}
  - Platform: { os: linux, runtime: '*' }
    Lifecycle: { startup: x, shutdown: y }
    ${ARTIFACT}
`;

    expect(lint(text)).toEqual([]);
  });

  it.each([
    ['{ os: Linux }', 'warning any platform.value /Manifests/0/Platform/os'],
    ["{ architecture: '/(/' }", 'error any platform.pattern /Manifests/0/Platform/architecture'],
    ['{ os: linux }', 'warning lite lite.no-manifest /Manifests'],
    ["{ os: linux, runtime: '*', architecture: '/amd64|arm/' }", 'warning lite lite.no-manifest /Manifests'],
  ])('platform %s: %s', (platform, expected) => {
    expect(lint(withLifecycle('{ run: x }', platform))).toContain(expected);
  });

  it('finds manifests that no device gets', () => {
    const text = `${GOOD}  - Platform: { os: '*' }\n    ${ARTIFACT}\n  - Platform: { os: windows }\n    ${ARTIFACT}\n`;

    expect(lint(text)).toEqual(['warning any manifest.unreachable /Manifests/2']);
  });

  it('finds artifacts that collide, cannot be unpacked or are missing', () => {
    const text = `${HEAD}
Manifests:
  - Platform: { runtime: '*', os: windows }
    Artifacts:
      - Uri: s3://b/one/a.tar
        Unarchive: ZIP
      - Uri: s3://b/two/a.tar
  - Platform: { runtime: '*' }
`;

    expect(lint(text)).toEqual([
      'warning any artifact.not-zip /Manifests/0/Artifacts/0',
      'error any artifact.same-name /Manifests/0/Artifacts/1',
      'warning any artifact.none /Manifests/1',
    ]);
  });

  it('finds policies that the nucleus would skip', () => {
    const access = (policies: string): string =>
      `${GOOD.replace('{ message: hi }', `{ message: hi, accessControl: ${policies} }`)}`;

    expect(lint(access('{ aws.greengrass.ipc.pubsub: { p: { resources: [x] } } }'))).toEqual([
      'error any access-control.skipped /ComponentConfiguration/DefaultConfiguration/accessControl/aws.greengrass.ipc.pubsub/p/operations',
    ]);
    const twice = `{ aws.greengrass.ipc.pubsub: { p: { operations: ['*'], resources: [x] } }, aws.greengrass.ipc.mqttproxy: { p: { operations: ['*'], resources: [x] } } }`;
    expect(lint(access(twice))).toEqual([
      'warning any access-control.same-id /ComponentConfiguration/DefaultConfiguration/accessControl/aws.greengrass.ipc.mqttproxy/p',
    ]);
  });

  it('counts bytes and compares names', () => {
    expect(lint(`${GOOD}# ${'x'.repeat(16_000)}\n`)).toContain('error any recipe.too-large ');
    expect(lint(GOOD, 'b.B.yaml')).toEqual(['warning any recipe.file-name /ComponentName']);
    expect(lint(GOOD, 'a.A-1.0.0.yaml')).toEqual([]);
  });

  it('tells of scalars that nucleus lite reads as text, but only in YAML', () => {
    const text = GOOD.replace('message: hi', 'message: hi, rate: 0.5');

    expect(lint(text)).toEqual(['info lite lite.scalars /ComponentConfiguration/DefaultConfiguration/rate']);
  });

  it('sums up for the Java nucleus or for both', () => {
    const issues = lintRecipe(parseRecipe(withLifecycle("{ run: { Script: x, Skipif: 'exists /x' } }"), 'a.A.yaml'));

    expect(worstSeverity(issues, 'java')).toBeUndefined();
    expect(worstSeverity(issues, 'both')).toBe('error');
  });

  it('reports what kept the recipe from being read, and nothing else', () => {
    expect(lint('ComponentName: [')).toEqual(['error any syntax ']);
  });
});
