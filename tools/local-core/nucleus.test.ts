import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coreRig } from '../../testing/local-core/core-rig.ts';
import type { CoreRig } from '../../testing/local-core/core-rig.ts';
import { processTable } from './lifecycle/process-table.ts';
import { writeZip } from '../../testing/local-core/zip-of.ts';

const WAIT = 'exec sleep 1000';
const ROLLBACK = { failureHandlingPolicy: 'ROLLBACK' } as const;

let rig: CoreRig;

beforeEach(async () => {
  rig = await coreRig();
});

afterEach(async () => {
  await rig.close();
});

function loop(text: string): { run: string } {
  return { run: `echo "${text}"; ${WAIT}` };
}

describe('a deployment', () => {
  it('brings artifacts, dependencies and configuration together, and leaves no process behind', async () => {
    const folder = path.join(rig.artifacts, 'a.Tool', '1.0.0');
    await mkdir(folder, { recursive: true });
    await writeZip(path.join(folder, 'tool.zip'), [{ name: 'tool.sh', content: `echo "tool $1"; ${WAIT}` }]);
    await rig.recipe('a.Tool', '1.0.0', {
      configuration: { level: 3 },
      manifest: {
        Artifacts: [{ Uri: 's3://b/a.Tool/1.0.0/tool.zip', Unarchive: 'ZIP', Permission: { Execute: 'ALL' } }],
      },
    });
    await rig.recipe('a.App', '1.0.0', {
      dependencies: { 'a.Tool': { VersionRequirement: '^1.0.0' } },
      configuration: { greeting: 'hello {iot:thingName}' },
      lifecycle: {
        run: 'exec sh {a.Tool:artifacts:decompressedPath}/tool/tool.sh "{configuration:/greeting} {iot:thingName} {a.Tool:configuration:/level} {work:path}"',
      },
    });
    const nucleus = await rig.open();

    const outcome = await rig.deploy(nucleus, { 'a.App': '1.0.0' });
    await rig.line(`a.App tool hello {iot:thingName} thing 3 ${rig.paths.work('a.App')}`);

    expect(outcome).toMatchObject({ status: 'SUCCEEDED', detailedStatus: 'SUCCESSFUL' });
    expect(rig.component(nucleus, 'a.App')).toMatchObject({ version: '1.0.0', state: 'RUNNING' });
    expect(rig.component(nucleus, 'a.Tool')).toMatchObject({ state: 'FINISHED', configuration: { level: 3 } });
    const groups = [...nucleus.running.values()].flatMap(({ processes }) => processes.groups);
    await nucleus.close();
    expect(processTable().filter(({ group }) => groups.includes(group))).toEqual([]);
  });

  it('upgrades: stops the old, installs the new, keeps configuration, adds new keys, cleans the store two versions later', async () => {
    for (const [minor, extra] of [
      [0, {}],
      [1, { extra: 1 }],
      [2, {}],
    ] as const) {
      await rig.recipe('a.A', `1.${minor}.0`, {
        configuration: { rate: minor, ...extra },
        lifecycle: { ...loop(`1.${minor}.0 {configuration:/rate}`), shutdown: `echo down 1.${minor}.0` },
      });
    }
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.A 1.0.0 0');
    await rig.deploy(nucleus, { 'a.A': '1.1.0' });

    await rig.line('a.A 1.1.0 0');
    expect(rig.lines).toEqual(['a.A 1.0.0 0', 'a.A down 1.0.0', 'a.A 1.1.0 0']);
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ version: '1.1.0', configuration: { rate: 0, extra: 1 } });
    expect(await readdir(rig.paths.recipes)).toEqual(['a.A-1.0.0.json', 'a.A-1.1.0.json']);

    await rig.deploy(nucleus, { 'a.A': '1.2.0' });
    expect(await readdir(rig.paths.recipes)).toEqual(['a.A-1.1.0.json', 'a.A-1.2.0.json']);
  });

  it('changes configuration without a restart, unless a script uses it', async () => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1 }, lifecycle: loop('plain') });
    await rig.recipe('a.B', '1.0.0', { configuration: { rate: 1 }, lifecycle: loop('rate {configuration:/rate}') });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0', 'a.B': '1.0.0' });
    await rig.line('a.A plain');
    const change = { MERGE: { rate: 2 } };
    await rig.deploy(nucleus, {}, { componentToConfiguration: { 'a.A': change, 'a.B': change } });
    await rig.line('a.B rate 2');

    expect(rig.component(nucleus, 'a.A')).toMatchObject({ configuration: { rate: 2 } });
    expect(rig.lines.filter((line) => line === 'a.A plain')).toHaveLength(1);

    await rig.deploy(nucleus, {}, { componentToConfiguration: { 'a.A': { RESET: ['/rate'] } } });
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ configuration: { rate: 1 } });
  });

  it('ignores configuration of components that are not roots, as the nucleus does', async () => {
    await rig.recipe('a.A', '1.0.0', { dependencies: { 'a.B': { VersionRequirement: '*' } } });
    await rig.recipe('a.B', '1.0.0', { configuration: { rate: 1 } });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' }, { componentToConfiguration: { 'a.B': { MERGE: { rate: 2 } } } });

    expect(rig.component(nucleus, 'a.B')).toMatchObject({ configuration: { rate: 1 } });
  });

  it('removes what no root needs any more: last of all, by its uninstall script, with its configuration', async () => {
    await rig.recipe('a.A', '1.0.0', { dependencies: { 'a.B': { VersionRequirement: '*' } }, lifecycle: loop('A') });
    await rig.recipe('a.B', '1.0.0', {
      configuration: { x: 1 },
      lifecycle: { ...loop('B'), uninstall: 'echo bye $GREENGRASS_COMPONENT_VERSION' },
    });
    await rig.recipe('a.C', '1.0.0', { lifecycle: loop('C') });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.deploy(nucleus, { 'a.C': '1.0.0' }, { rootComponentsToRemove: ['a.A'] });

    expect(nucleus.running.has('a.A')).toBe(false);
    expect(rig.lines).toContain('a.B bye 1.0.0');
    expect(rig.history.indexOf('a.C RUNNING')).toBeLessThan(rig.history.indexOf('a.A STOPPING'));
    expect(rig.history.indexOf('a.A FINISHED')).toBeLessThan(rig.history.lastIndexOf('a.B STOPPING'));
    expect(nucleus.configuration.get('a.B', [])).toBeUndefined();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    expect(rig.component(nucleus, 'a.B')).toMatchObject({ state: 'RUNNING', configuration: { x: 1 } });
  });

  it('keeps the groups of deployments apart', async () => {
    for (const name of ['a.A', 'a.B']) await rig.recipe(name, '1.0.0', {});
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' }, { groupName: 'one' });
    await rig.deploy(nucleus, { 'a.B': '1.0.0' }, { groupName: 'two' });
    expect([...nucleus.running.keys()].sort()).toEqual(['a.A', 'a.B']);

    await rig.deploy(nucleus, {}, { groupName: 'two', rootComponentsToRemove: ['a.A', 'a.B'] });
    expect([...nucleus.running.keys()]).toEqual(['a.A']);
  });
});

describe('a deployment that cannot work', () => {
  it.each<[string, Parameters<CoreRig['recipe']>[2], RegExp]>([
    ['no manifest', { manifest: { Platform: { os: 'plan9' } } }, /a\.A 2\.0\.0 has no manifest for this device/],
    ['no artifact', { manifest: { Artifacts: [{ Uri: 's3://b/x.zip' }] } }, /a\.A 2\.0\.0 needs the artifact x\.zip/],
    [
      'privilege',
      { lifecycle: { run: { Script: 'x', RequiresPrivilege: true } } },
      /run of a\.A 2\.0\.0 asks for RequiresPrivilege/,
    ],
    [
      'no dependency',
      { dependencies: { 'a.X': { VersionRequirement: '^1.0.0' } } },
      /no version of a\.X fits: a\.A 2\.0\.0 requires \^1\.0\.0; available: none/,
    ],
    ['a plugin', { more: { ComponentType: 'aws.greengrass.plugin' } }, /is of type aws\.greengrass\.plugin/],
    [
      'bad lifecycle',
      { lifecycle: { run: { Timeout: 1 } } },
      /lifecycle of a\.A 2\.0\.0: \/Lifecycle\/run\/Script is missing/,
    ],
    ['bad recipe', { more: { ComponentVersion: 'two' } }, /ComponentVersion: "two" is not a semantic version/],
  ])('changes nothing: %s', async (_name, recipe, message) => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1 }, lifecycle: loop('one') });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.A one');
    await rig.recipe('a.A', '2.0.0', recipe);

    const outcome = await rig.deploy(nucleus, { 'a.A': '2.0.0' }, ROLLBACK);

    expect(outcome).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_NO_STATE_CHANGE' });
    expect(outcome.error).toMatch(message);
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ version: '1.0.0', state: 'RUNNING' });
    expect(rig.lines).toEqual(['a.A one']);
  });

  it('refuses an artifact folder that overlaps its store, and a recipe folder that is not there', async () => {
    const nucleus = await rig.open();

    const overlap = await rig.deploy(nucleus, {}, { artifactsDirectoryPath: rig.paths.root });
    const missing = await rig.deploy(nucleus, {}, { recipeDirectoryPath: '/nowhere' });

    expect(overlap.error).toContain("overlaps the core's own store");
    expect(missing.error).toContain('the recipe folder /nowhere cannot be read');
  });

  it('rolls back when a component breaks: versions, configuration, components that were added', async () => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1 }, lifecycle: loop('one {configuration:/rate}') });
    await rig.recipe('a.A', '2.0.0', {
      configuration: { rate: 1, more: 1 },
      dependencies: { 'a.New': { VersionRequirement: '*' } },
      lifecycle: { startup: 'echo "golden test failed" >&2; exit 4' },
    });
    await rig.recipe('a.New', '1.0.0', { lifecycle: { ...loop('new'), uninstall: 'echo bye' } });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.A one 1');

    const outcome = await rig.deploy(
      nucleus,
      { 'a.A': '2.0.0' },
      {
        ...ROLLBACK,
        componentToConfiguration: { 'a.A': { MERGE: { rate: 5 } } },
      },
    );

    expect(outcome).toMatchObject({
      status: 'FAILED',
      detailedStatus: 'FAILED_ROLLBACK_COMPLETE',
      error: 'a.A 2.0.0 is BROKEN: startup: exit code 4; last line: golden test failed',
    });
    await rig.line('a.A one 1', 2);
    expect(rig.component(nucleus, 'a.A')).toMatchObject({
      version: '1.0.0',
      state: 'RUNNING',
      configuration: { rate: 1 },
    });
    expect(rig.component(nucleus, 'a.A')?.configuration).toEqual({ rate: 1 });
    expect([...nucleus.running.keys()]).toEqual(['a.A']);
    expect(rig.lines).toContain('a.New bye');
    expect(await readFile(path.join(rig.paths.config, 'deployed.json'), 'utf8')).toContain('"a.A": "1.0.0"');
  });

  it('keeps the broken state where DO_NOTHING is asked, and a later deployment repairs it', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { startup: 'exit 1' } });
    await rig.recipe('a.B', '1.0.0', { lifecycle: loop('B') });
    const nucleus = await rig.open();

    const outcome = await rig.deploy(
      nucleus,
      { 'a.A': '1.0.0', 'a.B': '1.0.0' },
      { failureHandlingPolicy: 'DO_NOTHING' },
    );
    expect(outcome.detailedStatus).toBe('FAILED_ROLLBACK_NOT_REQUESTED');
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ state: 'BROKEN', statusReason: 'startup: exit code 1' });
    await expect(nucleus.restart('a.A')).rejects.toThrow('a.A is BROKEN and cannot be restarted: startup: exit code 1');

    await rig.recipe('a.A', '1.0.1', { lifecycle: loop('fixed') });
    expect((await rig.deploy(nucleus, { 'a.A': '1.0.1' })).status).toBe('SUCCEEDED');
    await rig.line('a.A fixed');
  });

  it('says so where even the rollback fails', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { startup: '[ ! -e "{work:path}/no" ]' } });
    await rig.recipe('a.A', '2.0.0', { lifecycle: { startup: 'touch "{work:path}/no"; exit 1' } });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });

    const outcome = await rig.deploy(nucleus, { 'a.A': '2.0.0' }, ROLLBACK);

    expect(outcome.detailedStatus).toBe('FAILED_UNABLE_TO_ROLLBACK');
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ version: '1.0.0', state: 'BROKEN' });
  });
});

describe('components of a deployment', () => {
  it('are asked before they change, and told afterward', async () => {
    const asked: string[] = [];
    const notifier = {
      beforeUpdate: async (_id: string, ms: number) => void asked.push(`before ${ms} ${rig.history.length}`),
      afterUpdate: () => void asked.push(`after ${rig.history.at(-1)}`),
      validate: async () => undefined,
    };
    await rig.recipe('a.A', '1.0.0', { lifecycle: loop('A') });
    const nucleus = await rig.open({ notifier: () => notifier });

    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.deploy(nucleus, {}, { componentUpdatePolicy: { action: 'SKIP_NOTIFY_COMPONENTS' } });
    await rig.deploy(nucleus, {}, { componentUpdatePolicy: { timeoutInSeconds: 5 } });

    expect(asked).toEqual([
      'before 60000 0',
      'after a.A RUNNING',
      'after a.A RUNNING',
      'before 5000 3',
      'after a.A RUNNING',
    ]);
  });

  it('may refuse a changed configuration, but not a new version', async () => {
    const validated: unknown[] = [];
    const notifier = {
      beforeUpdate: async () => undefined,
      afterUpdate: () => undefined,
      validate: async (_id: string, changed: ReadonlyMap<string, unknown>, ms: number) => {
        validated.push([Object.fromEntries(changed), ms]);
        return 'a.A says: rate is too high';
      },
    };
    for (const version of ['1.0.0', '2.0.0']) {
      await rig.recipe('a.A', version, { configuration: { rate: 1 }, lifecycle: loop('A') });
    }
    const nucleus = await rig.open({ notifier: () => notifier });
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    const change = { componentToConfiguration: { 'a.A': { MERGE: { rate: 9 } } } };

    const refused = await rig.deploy(nucleus, {}, change);
    const accepted = await rig.deploy(nucleus, { 'a.A': '2.0.0' }, change);

    expect(refused).toMatchObject({ detailedStatus: 'FAILED_NO_STATE_CHANGE', error: 'a.A says: rate is too high' });
    expect(validated).toEqual([[{ 'a.A': { rate: 9 } }, 20_000]]);
    expect(accepted.status).toBe('SUCCEEDED');
    expect(rig.component(nucleus, 'a.A')).toMatchObject({ configuration: { rate: 9 } });
  });

  it('can hold a deployment up until it is canceled', async () => {
    const nucleus = await rig.open({
      notifier: () => ({
        beforeUpdate: (_id, _ms, signal) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason as Error));
            nucleus.cancelLocalDeployment(nucleus.deployments()[0]?.deploymentId ?? '');
          }),
        afterUpdate: () => undefined,
        validate: async () => undefined,
      }),
    });
    await rig.recipe('a.A', '1.0.0', { lifecycle: loop('A') });

    expect(await rig.deploy(nucleus, { 'a.A': '1.0.0' })).toMatchObject({
      status: 'CANCELED',
      error: 'the deployment was canceled',
    });
    expect(nucleus.running.size).toBe(0);
  });
});

describe('bootstrap', () => {
  it('runs before the component starts, while everything is stopped, and once per version', async () => {
    await rig.recipe('a.Other', '1.0.0', { lifecycle: loop('other') });
    await rig.recipe('a.A', '1.0.0', { lifecycle: { bootstrap: 'echo boot 1; exit 100', ...loop('A') } });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.Other': '1.0.0' });
    await rig.line('a.Other other');
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.Other other', 2);
    await rig.line('a.A A');
    await rig.deploy(nucleus, {});

    expect(rig.lines.filter((line) => line === 'a.A boot 1')).toHaveLength(1);
    expect(rig.lines.indexOf('a.A boot 1')).toBeLessThan(rig.lines.indexOf('a.A A'));
    expect(rig.lines.indexOf('a.A boot 1')).toBeLessThan(rig.lines.lastIndexOf('a.Other other'));
  });

  it('fails the deployment where it fails, and what ran before runs again', async () => {
    await rig.recipe('a.Other', '1.0.0', { lifecycle: loop('other') });
    await rig.recipe('a.A', '1.0.0', { lifecycle: { bootstrap: 'echo no disk; exit 1', ...loop('A') } });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.Other': '1.0.0' });
    await rig.line('a.Other other');

    const outcome = await rig.deploy(nucleus, { 'a.A': '1.0.0' }, ROLLBACK);

    expect(outcome).toMatchObject({
      detailedStatus: 'FAILED_ROLLBACK_COMPLETE',
      error: 'bootstrap of a.A 1.0.0: exit code 1; last line: no disk',
    });
    await rig.line('a.Other other', 2);
    expect([...nucleus.running.keys()]).toEqual(['a.Other']);
  });
});

describe('nucleus lite, imitated', () => {
  it('takes only manifests that name a runtime, overwrites defaults at an upgrade, ends folders with a slash', async () => {
    for (const version of ['1.0.0', '1.1.0']) {
      const rate = version === '1.0.0' ? 0.5 : 0.9;
      await rig.recipe('a.A', version, {
        configuration: { rate, keep: 'x' },
        lifecycle: loop('{work:path} {configuration:/rate}'),
      });
    }
    await rig.recipe('a.Java', '1.0.0', { manifest: { Platform: { os: '*' } } });
    const nucleus = await rig.open({ strictLite: true });
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line(`a.A ${rig.paths.work('a.A')}/ 0.5`);
    await rig.deploy(nucleus, { 'a.A': '1.1.0' });

    await rig.line(`a.A ${rig.paths.work('a.A')}/ 0.9`);
    const refused = await rig.deploy(nucleus, { 'a.Java': '1.0.0' });
    expect(refused.error).toContain('a.Java 1.0.0 has no manifest for this device');
  });

  it('reads scalars of YAML as text', async () => {
    await writeFile(
      path.join(rig.recipes, 'a.Y-1.0.0.yaml'),
      `RecipeFormatVersion: '2020-01-25'
ComponentName: a.Y
ComponentVersion: 1.0.0
ComponentConfiguration: { DefaultConfiguration: { rate: 0.5, on: true } }
Manifests: [{ Platform: { runtime: '*' }, Lifecycle: {} }]
`,
    );
    const nucleus = await rig.open({ strictLite: true });
    await rig.deploy(nucleus, { 'a.Y': '1.0.0' });

    expect(rig.component(nucleus, 'a.Y')?.configuration).toEqual({ rate: '0.5', on: 'true' });
  });
});

describe("the nucleus' own configuration", () => {
  it('overrides platform attributes and resolves variables in values, from the next deployment on', async () => {
    await rig.recipe('a.A', '1.0.0', {
      configuration: { where: '{work:path}', what: '{configuration:/x}' },
      manifest: { Platform: { accelerator: 'cuda' } },
    });
    const nucleus = await rig.open();
    const own = { platformOverride: { accelerator: 'cuda', count: 5 }, interpolateComponentConfiguration: true };
    await rig.deploy(nucleus, {}, { componentToConfiguration: { 'aws.greengrass.Nucleus': { MERGE: own } } });
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });

    expect(rig.component(nucleus, 'a.A')).toMatchObject({
      state: 'FINISHED',
      configuration: { where: rig.paths.work('a.A'), what: '{configuration:/x}' },
    });
  });
});

describe('built-in components', () => {
  it('satisfy dependencies, are listed as RUNNING, and cannot be stopped', async () => {
    await rig.recipe('a.A', '1.0.0', {
      dependencies: {
        'aws.greengrass.Nucleus': { VersionRequirement: '>=2.0.0 <3.0.0' },
        'aws.greengrass.TokenExchangeService': { VersionRequirement: '^2.0.0' },
      },
      lifecycle: loop('A'),
    });
    const nucleus = await rig.open();

    expect((await rig.deploy(nucleus, { 'a.A': '1.0.0' })).status).toBe('SUCCEEDED');
    expect(rig.component(nucleus, 'aws.greengrass.Nucleus')).toMatchObject({ state: 'RUNNING' });
    await expect(nucleus.stop('aws.greengrass.Nucleus')).rejects.toMatchObject({ code: 'component.unknown' });
  });
});

describe('a restart and a stop', () => {
  it('are asked by name', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: loop('A') });
    const nucleus = await rig.open();
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.A A');
    await nucleus.restart('a.A');
    await rig.line('a.A A', 2);
    await nucleus.stop('a.A');
    await nucleus.graph.until(() => (rig.component(nucleus, 'a.A')?.state === 'FINISHED' ? true : undefined));

    await expect(nucleus.restart('b.B')).rejects.toThrow('there is no component "b.B"; deployed are a.A');
    expect((await rig.deploy(nucleus, {})).status).toBe('SUCCEEDED'); // a stopped component stays as it is
    expect(rig.component(nucleus, 'a.A')?.state).toBe('FINISHED');
  });
});
