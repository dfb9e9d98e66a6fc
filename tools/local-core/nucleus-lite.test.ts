import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { coreRig } from '../../testing/local-core/core-rig.ts';
import type { CoreRig } from '../../testing/local-core/core-rig.ts';
import { writeZip } from '../bundle/zip/write-zip.ts';
import { LITE_MAX_OBJECTS } from '../recipe/lite-limits.ts';
import type { Nucleus } from './nucleus.ts';

/** The behavior of nucleus lite 2.6.0, observed fact by fact. */
let rig: CoreRig;
let nucleus: Nucleus;

beforeEach(async () => {
  rig = await coreRig();
  nucleus = await rig.open({ strictLite: true });
});

afterEach(() => rig.close());

const READY = 'systemd-notify --ready && exit 0; exit 1';
const loop = (line: string): string => `echo "${line}"; exec sleep 1000`;
const settings = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const stateOf = (name: string): string | undefined => rig.component(nucleus, name)?.state;
const become = (name: string, state: string) => expect.poll(() => stateOf(name), { timeout: PATIENCE_MS }).toBe(state);

describe('nucleus lite, imitated: what it resolves', () => {
  it('refuses a recipe of more than 255 objects, with the count', async () => {
    await rig.recipe('a.Large', '1.0.0', { configuration: settings(LITE_MAX_OBJECTS / 2) });
    const outcome = await rig.deploy(nucleus, { 'a.Large': '1.0.0' });
    expect(outcome).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_NO_STATE_CHANGE' });
    expect(outcome.error).toMatch(/has \d{3} objects .* nucleus lite takes 255/);
  });

  it('finds no version for a requirement with ^', async () => {
    await rig.recipe('a.A', '1.0.0', { dependencies: { 'a.B': { VersionRequirement: '^1.0.0' } } });
    await rig.recipe('a.B', '1.0.0', {});
    expect((await rig.deploy(nucleus, { 'a.A': '1.0.0' })).error).toContain(
      'nucleus lite finds no version for "^1.0.0"',
    );
    await rig.recipe('a.A', '1.0.0', { dependencies: { 'a.B': { VersionRequirement: '>=1.0.0 <2.0.0' } } });
    expect(await rig.deploy(nucleus, { 'a.A': '1.0.0' })).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('nucleus lite, imitated: archives', () => {
  it('unpacks none for ggl-cli, all for the cloud', async () => {
    const artifacts = path.join(rig.artifacts, 'a.A', '1.0.0');
    await mkdir(artifacts, { recursive: true });
    await writeZip(path.join(artifacts, 'a.zip'), [{ path: 'there', content: Buffer.from('yes') }]);
    await rig.recipe('a.A', '1.0.0', {
      lifecycle: { run: 'cat "{artifacts:decompressedPath}/a/there" || echo packed' },
      manifest: { Artifacts: [{ Uri: 's3://b/a.zip', Unarchive: 'ZIP' }] },
    });
    await rig.deploy(nucleus, { 'a.A': '1.0.0' });
    await rig.line('a.A packed');
    await rig.deploy(nucleus, { 'a.A': '1.0.0' }, { origin: 'cloud' });
    await rig.line('a.A yes');
  });
});

describe('nucleus lite, imitated: units', () => {
  it('says that a component with run is RUNNING at once: its deployment succeeds before it has failed', async () => {
    await rig.recipe('a.Bad', '1.0.0', { lifecycle: { run: 'sleep 0.2; exit 1' } });
    expect(await rig.deploy(nucleus, { 'a.Bad': '1.0.0' })).toMatchObject({ status: 'SUCCEEDED' });
    await become('a.Bad', 'BROKEN');
  });

  it('lets startup decide on the deployment, by systemd-notify; keeps the old files after a failure, deletes them after a success', async () => {
    for (const [version, script] of [
      ['1.0.0', READY],
      ['1.1.0', `false && ${READY}`],
      ['1.2.0', READY],
    ] as const) {
      await mkdir(path.join(rig.artifacts, 'a.M', version), { recursive: true });
      await writeFile(path.join(rig.artifacts, 'a.M', version, 'model'), version);
      await rig.recipe('a.M', version, {
        lifecycle: { startup: script },
        manifest: { Artifacts: [{ Uri: 's3://b/model' }] },
      });
    }
    const versions = () => readdir(path.join(rig.paths.artifacts, 'a.M'));
    expect(await rig.deploy(nucleus, { 'a.M': '1.0.0' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(stateOf('a.M')).toBe('RUNNING');

    const bad = await rig.deploy(nucleus, { 'a.M': '1.1.0' }, { failureHandlingPolicy: 'ROLLBACK' });
    expect(bad).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_ROLLBACK_NOT_REQUESTED' });
    expect(await versions()).toEqual(['1.0.0', '1.1.0']);

    expect(await rig.deploy(nucleus, { 'a.M': '1.2.0' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await versions()).toEqual(['1.2.0']);
  });

  it('fails a deployment of other components while a unit has failed, although those run', async () => {
    await rig.recipe('a.Bad', '1.0.0', { lifecycle: { startup: `false && ${READY}` } });
    await rig.recipe('a.Good', '1.0.0', { lifecycle: { run: loop('good') } });
    expect(await rig.deploy(nucleus, { 'a.Bad': '1.0.0' })).toMatchObject({ status: 'FAILED' });

    const outcome = await rig.deploy(nucleus, { 'a.Good': '1.0.0' });
    expect(outcome).toMatchObject({ status: 'FAILED' });
    expect(outcome.error).toContain('a.Bad 1.0.0 is BROKEN');
    await become('a.Good', 'RUNNING');
  });

  it.each([
    ['does not say that it is ready', 'exit 0'],
    ['goes on after the script, where systemd 252 refuses what lite adds', 'systemd-notify --ready'],
  ])('fails a startup that %s', async (_, script) => {
    await rig.recipe('a.S', '1.0.0', { lifecycle: { startup: script } });
    expect(await rig.deploy(nucleus, { 'a.S': '1.0.0' })).toMatchObject({ status: 'FAILED' });
  });

  it('stops what depends HARD on a component that dies and starts it with the next deployment only (BindsTo); SOFT goes on', async () => {
    const needs = (type: string) => ({ 'a.Base': { VersionRequirement: '1.0.0', DependencyType: type } });
    await rig.recipe('a.Base', '1.0.0', {
      lifecycle: { run: 'echo base; while [ ! -e die ]; do sleep 0.02; done; rm die; exit 1' },
    });
    await rig.recipe('a.Hard', '1.0.0', { lifecycle: { run: loop('hard') }, dependencies: needs('HARD') });
    await rig.recipe('a.Soft', '1.0.0', { lifecycle: { run: loop('soft') }, dependencies: needs('SOFT') });
    const roots = { 'a.Hard': '1.0.0', 'a.Soft': '1.0.0' };
    await rig.deploy(nucleus, roots);
    await rig.line('a.Hard hard');
    await rig.line('a.Soft soft');
    await writeFile(path.join(rig.paths.work('a.Base'), 'die'), '');
    await rig.line('a.Base base', 2);
    await become('a.Hard', 'FINISHED');
    await become('a.Base', 'RUNNING');
    expect(stateOf('a.Soft')).toBe('RUNNING');
    expect(stateOf('a.Hard')).toBe('FINISHED');

    await rig.deploy(nucleus, roots);
    await rig.line('a.Hard hard', 2);
    expect(rig.lines.filter((line) => line === 'a.Soft soft')).toHaveLength(1);
  });

  it('restarts a component when its configuration changes, and only that one', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { run: loop('a') }, configuration: { rate: '1' } });
    await rig.recipe('a.B', '1.0.0', { lifecycle: { run: loop('b') }, configuration: { rate: '1' } });
    const roots = { 'a.A': '1.0.0', 'a.B': '1.0.0' };
    await rig.deploy(nucleus, roots);
    await rig.line('a.A a');
    await rig.line('a.B b');
    await rig.deploy(nucleus, roots, { componentToConfiguration: { 'a.A': { MERGE: { rate: '2' } } } });
    await rig.line('a.A a', 2);
    expect(rig.lines.filter((line) => line === 'a.B b')).toHaveLength(1);
  });
});
