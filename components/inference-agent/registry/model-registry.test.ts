import { appendFileSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { isPartial } from '#packages/foundation';
import { readPackage } from '#packages/model-package';

import { bytesOf } from '../../../testing/agent/instance-conformance.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { phases, RegistryRig } from '../../../testing/agent/registry-rig.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { ServingModel } from './serving-model.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let rig: RegistryRig;
let registry: ModelRegistry;

beforeEach(async () => {
  folder = await temporaryFolder();
  rig = new RegistryRig(folder.path);
  registry = await rig.start();
});
afterEach(() => folder.remove());

const quiet = (): void => undefined;
const packageOf = (version: string, changes: object = {}) =>
  writePackage(join(folder.path, `Parts-${version}`), { version, ...changes });
const activate = async (version: string, changes: object = {}, alias?: string) =>
  registry.activate({ path: await packageOf(version, changes), ...(alias ? { alias } : {}) }, quiet);
const serving = (alias = 'Parts') => registry.target(alias) as ServingModel;
const ask = async (text: string, alias = 'Parts') => (await serving(alias).infer(bytesOf(text))).predictions[0]?.label;
const rememberedOf = async (alias: string): Promise<unknown> =>
  JSON.parse(await readFile(join(rig.storeFolder, alias, 'state.json'), 'utf8'));
const refused = (code: string) => expect.objectContaining({ code }) as Error;

describe('ModelRegistry: activation', () => {
  it('goes through the phases and serves under the name of the package', async () => {
    const { seen, progress } = phases();
    const done = await registry.activate({ path: await packageOf('1.0.0') }, progress);
    expect(seen).toEqual(['verify', 'load', 'warm-up', 'golden', 'swap']);
    expect(done).toMatchObject({
      model: { alias: 'Parts', name: 'Parts', version: '1.0.0', generation: 1 },
      unchanged: false,
      swapGapMs: 0,
      requestsLost: 0,
    });
    expect(await ask('hello')).toBe('Parts 1.0.0: hello');
    expect(registry.list()).toMatchObject([{ alias: 'Parts', state: 'active', provider: 'cpu', workers: 1 }]);
    expect(rig.names()).toEqual(['model.activated']);
  });

  it('serves under another alias when asked to', async () => {
    await activate('1.0.0', {}, 'line-3');
    expect(registry.aliases()).toEqual(['line-3']);
    await expect(activate('2.0.0', {}, '../evil')).rejects.toEqual(refused('model.alias-invalid'));
  });

  it('keeps serving the old model while the new one warms up, then switches between two requests', async () => {
    await activate('1.0.0');
    const old = serving();
    const during: (string | undefined)[] = [];
    await registry.activate({ path: await packageOf('2.0.0') }, ({ phase }) => {
      if (phase === 'golden') during.push(serving().identity.version);
    });
    expect(during).toEqual(['1.0.0']);
    expect(await ask('now')).toBe('Parts 2.0.0: now');
    expect(old.instance.free).toBe(0);
    expect(rig.last('model.swapped')).toMatchObject({
      from: { version: '1.0.0' },
      to: { version: '2.0.0', generation: 2 },
      requestsLost: 0,
    });
  });

  it('lets what runs on the old model finish before it ends', async () => {
    await activate('1.0.0');
    const old = serving();
    let finish: (value: string) => void = () => undefined;
    const running = new Promise<string>((resolve) => (finish = resolve));
    const original = old.instance.infer.bind(old.instance);
    old.instance.infer = async (image) => {
      await running;
      return original(image);
    };
    const answer = old.infer(bytesOf('in flight'));
    const { seen, progress } = phases();
    const swapping = registry.activate({ path: await packageOf('2.0.0') }, (step) => {
      progress(step);
      if (step.phase === 'drain') finish('go');
    });
    expect((await answer).predictions[0]?.label).toBe('Parts 1.0.0: in flight');
    expect(await swapping).toMatchObject({ requestsLost: 0 });
    expect(seen.at(-1)).toBe('drain');
  });

  it('counts as lost what the old model did not answer in time', async () => {
    await activate('1.0.0');
    const lost = expect(serving().infer(bytesOf('hang'))).rejects.toEqual(refused('instance.ended'));
    const swapping = registry.activate({ path: await packageOf('2.0.0') }, ({ phase }) => {
      if (phase === 'drain') void Promise.resolve().then(() => rig.clock.advance(10_000));
    });
    expect(await swapping).toMatchObject({ requestsLost: 1 });
    await lost;
  });

  it('does nothing for the content that is already active', async () => {
    await activate('1.0.0');
    const copy = await writePackage(join(folder.path, 'elsewhere'), { version: '1.0.0' });
    expect(await registry.activate({ path: copy }, quiet)).toMatchObject({ unchanged: true, model: { generation: 1 } });
    expect(rig.instances.opened).toHaveLength(1);
  });

  it.each([
    ['a model that refuses to load', { provenance: { open: 'fail' } }, 'test.refused'],
    ['a manifest that is not valid', { task: 'cooking' }, 'model.manifest-invalid'],
    ['a package that lacks a file', { labels: 'gone.txt' }, 'package.file-missing'],
  ])('keeps the old model and says why it refuses %s', async (_what, changes, code) => {
    await activate('1.0.0');
    await expect(activate('2.0.0', changes)).rejects.toEqual(refused(code));
    expect(await ask('still')).toBe('Parts 1.0.0: still');
    expect(rig.last('model.rejected')).toMatchObject({ error: { code } });
    expect(await readdir(join(rig.storeFolder, 'Parts'))).toEqual([serving().identity.hash, 'state.json']);
  });

  it('refuses a package that changes while it is being activated', async () => {
    const path = await packageOf('1.0.0', { golden: [] });
    const activation = registry.activate({ path }, (step) => {
      if (step.phase === 'verify' && step.message.includes('no golden')) appendFileSync(join(path, 'model.onnx'), '!');
    });
    await expect(activation).rejects.toEqual(refused('package.changed'));
    expect(await readdir(rig.storeFolder)).toEqual(['.incoming']);
  });

  it('activates archives, and refuses them if the store has no room', async () => {
    const zip = new ZipFile();
    const dir = await packageOf('1.0.0');
    for (const { path } of (await readPackage(dir)).files) zip.addFile(join(dir, path), `Parts/${path}`);
    zip.end();
    const archive = join(folder.path, 'Parts.zip');
    await writeFile(archive, await buffer(zip.outputStream));
    expect(await registry.activate({ path: archive }, quiet)).toMatchObject({ model: { version: '1.0.0' } });
    expect(await registry.activate({ path: dir }, quiet)).toMatchObject({ unchanged: true });
    expect(await readdir(join(rig.storeFolder, '.incoming'))).toEqual([]);
    rig.storeBounds = { ...rig.storeBounds, maxBytes: 10 };
    await expect(registry.activate({ path: archive, alias: 'other' }, quiet)).rejects.toEqual(refused('store.full'));
  });

  it('refuses what is not signed as the policy wants', async () => {
    rig.policy = { trust: { policy: 'require', keys: {} } };
    await expect(activate('1.0.0')).rejects.toEqual(refused('signature.missing'));
    rig.policy = { trust: { policy: 'warn', keys: {} } };
    await activate('1.0.0');
    expect(rig.last('model.untrusted')).toMatchObject({ error: { code: 'signature.missing' } });
  });

  it('refuses a package without golden inputs if they are required, and else warns', async () => {
    rig.policy = { golden: 'require' };
    await expect(activate('1.0.0', { golden: [] })).rejects.toEqual(refused('model.golden-missing'));
    rig.policy = {};
    await activate('1.0.0', { golden: [] });
    expect(rig.names()).toContain('model.untested');
  });

  it('refuses before loading what does not fit into the memory', async () => {
    rig.policy = { memoryLimitBytes: () => 1024 };
    await expect(activate('1.0.0')).rejects.toEqual(refused('model.over-memory-limit'));
    rig.policy = {};
    rig.freeBytes = 1024;
    await expect(activate('1.0.0')).rejects.toEqual(refused('model.no-memory'));
    expect(rig.instances.opened).toHaveLength(0);
  });

  it('counts a spare process into the memory that a model needs', async () => {
    const onePlusAHalf = 120 * 1024 ** 2;
    rig.freeBytes = onePlusAHalf;
    await activate('1.0.0');
    rig.settings = { ...rig.settings, spare: true };
    await expect(activate('2.0.0')).rejects.toMatchObject({
      code: 'model.no-memory',
      message: expect.stringContaining('with 1 worker(s) and a spare one') as string,
    });
  });

  it('takes activations of one alias one after the other; the last one stays', async () => {
    const versions = ['1.0.0', '2.0.0', '3.0.0'];
    const paths = await Promise.all(versions.map((version) => packageOf(version)));
    const done = await Promise.all(paths.map((path) => registry.activate({ path }, quiet)));
    expect(new Set(done.map(({ model }) => model.generation))).toEqual(new Set([1, 2, 3]));
    const last = done.find(({ model }) => model.generation === 3)?.model.version;
    expect(serving().identity.version).toBe(last);
    expect(rig.instances.opened.map(({ closed }) => closed)).toEqual([true, true, false]);
  });

  it('lets requests wait for the first model of an alias while it loads', async () => {
    expect(registry.target('Parts')).toBeUndefined();
    let during: unknown;
    await registry.activate({ path: await packageOf('1.0.0') }, ({ phase }) => {
      if (phase === 'load') during = registry.target('Parts');
    });
    expect(during).toBe('pending');
    await expect(activate('2.0.0', { name: 'Other', provenance: { open: 'fail' } })).rejects.toThrow();
    expect(registry.target('Other')).toBeUndefined();
  });

  it('gives up when the caller does', async () => {
    const abort = new AbortController();
    const path = await packageOf('1.0.0', { provenance: { open: 'hang' } });
    const activation = registry.activate(
      { path },
      ({ phase }) => void (phase === 'load' && abort.abort()),
      abort.signal,
    );
    await expect(activation).rejects.toEqual(refused('model.superseded'));
    expect(registry.target('Parts')).toBeUndefined();
  });
});

describe('ModelRegistry: the time-out of an activation', () => {
  it.each([
    ['while an archive is unpacked', 'unpack'],
    ['while a package is read', 'read'],
    ['while it is copied into the store', 'keep'],
  ] as const)('%s refuses the new version and keeps the old one', async (_when, method) => {
    const store = await rig.openStore();
    registry = await rig.start(store);
    await activate('1.0.0');
    const entered = new Promise<void>((enter) => {
      Object.assign(store, { [method]: () => new Promise(() => enter()) });
    });
    const refusal = expect(activate('2.0.0')).rejects.toMatchObject({
      code: 'model.activation-timeout',
      facts: { phase: method === 'keep' ? 'store' : method },
    });
    await entered;
    await rig.clock.advance(120_000);
    await refusal;
    expect(await ask('still')).toBe('Parts 1.0.0: still');
    expect(rig.last('model.rejected')).toMatchObject({ error: { code: 'model.activation-timeout' } });
  });

  it('while a model loads lets the next one load', async () => {
    let loading: (() => void) | undefined;
    const begun = new Promise<void>((resolve) => (loading = resolve));
    const path = await packageOf('1.0.0', { provenance: { open: 'hang' } });
    const hanging = expect(
      registry.activate({ path }, ({ phase }) => void (phase === 'load' && loading?.())),
    ).rejects.toMatchObject({ code: 'model.activation-timeout', facts: { phase: 'load' } });
    await begun;
    const next = activate('2.0.0', { name: 'Other' });
    await expect.poll(() => readdir(rig.storeFolder)).toContain('Other');
    // The time of a model that waits for its turn stands still: from then on only the first one's runs.
    await expect.poll(() => rig.clock.pending).toBe(1);
    const last = activate('3.0.0', { name: 'Last' });
    await expect.poll(() => readdir(rig.storeFolder)).toContain('Last');
    // The next one has its process started meanwhile, and none beyond it.
    await expect.poll(() => rig.clock.pending).toBe(1);
    expect(rig.instances.started).toEqual(['Parts', 'Other']);
    await rig.clock.advance(120_000);
    await hanging;
    expect(await next).toMatchObject({ model: { alias: 'Other' } });
    expect(await last).toMatchObject({ model: { alias: 'Last' } });
  });
});

describe('ModelRegistry: retirement', () => {
  it('serves on for the grace period, then ends and is forgotten', async () => {
    await activate('1.0.0');
    expect(await registry.retire('Parts')).toMatchObject({ state: 'retiring' });
    await rig.clock.advance(59_999);
    expect(await ask('still')).toBe('Parts 1.0.0: still');
    await rig.clock.advance(1);
    await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    expect(registry.target('Parts')).toBeUndefined();
    expect(await readdir(rig.storeFolder)).toEqual(['.incoming']);
  });

  it('is off when a new version takes over, without a gap', async () => {
    await activate('1.0.0');
    await registry.retire('Parts');
    expect(await activate('2.0.0')).toMatchObject({ requestsLost: 0 });
    await rig.clock.advance(120_000);
    expect(registry.list()).toMatchObject([{ version: '2.0.0', state: 'active' }]);
  });

  it('is off when the same package comes back', async () => {
    const path = await packageOf('1.0.0');
    await registry.activate({ path }, quiet);
    await registry.retire('Parts');
    expect(await registry.activate({ path }, quiet)).toMatchObject({ unchanged: true });
    await rig.clock.advance(120_000);
    expect(registry.list()).toMatchObject([{ state: 'active' }]);
  });

  it('measures the gap when the new version comes too late', async () => {
    await activate('1.0.0');
    await registry.retire('Parts');
    await rig.clock.advance(60_000);
    await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    await rig.clock.advance(5_000);
    expect(await activate('2.0.0')).toMatchObject({ swapGapMs: 5_000 });
  });

  it('does not hit a newer version when it comes late for an older one', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    expect(await registry.retire('Parts', join(folder.path, 'Parts-1.0.0'))).toMatchObject({ state: 'active' });
    expect(await registry.retire('Parts', join(folder.path, 'Parts-2.0.0'))).toMatchObject({ state: 'retiring' });
  });

  it('comes by itself when the package folder is gone', async () => {
    await activate('1.0.0');
    await registry.retireOrphans();
    expect(registry.list()).toMatchObject([{ state: 'active' }]);
    await rm(join(folder.path, 'Parts-1.0.0'), { recursive: true });
    await registry.retireOrphans();
    expect(registry.list()).toMatchObject([{ state: 'retiring' }]);
    expect(rig.last('model.retiring')).toMatchObject({ reason: 'package-gone', graceSeconds: 60 });
  });

  describe('after its component was stopped', () => {
    /** As both nuclei unpack it. */
    const installed = (version: string, changes: object = {}) =>
      writePackage(join(folder.path, 'edgeml.model.Parts', version, 'Parts'), { version, ...changes });
    const serves = async (version: string) => {
      await rig.clock.advance(60_000);
      await registry.retireOrphans();
      expect(registry.list()).toMatchObject([{ version, state: 'retiring' }]);
      expect(await ask('still')).toBe(`Parts ${version}: still`);
    };

    it('serves on while three slow attempts of its successor fail, and after that', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      await registry.retire('Parts', path);
      expect(rig.last('model.retiring')).toMatchObject({ reason: 'component-stopped' });
      const bad = await installed('2.0.0', { provenance: { open: 'hang' } });
      for (let attempt = 0; attempt < 3; attempt++) {
        let loading: () => void = () => undefined;
        const begun = new Promise<void>((resolve) => (loading = resolve));
        const refusal = expect(
          registry.activate({ path: bad }, ({ phase }) => void (phase === 'load' && loading())),
        ).rejects.toEqual(refused('model.activation-timeout'));
        await begun;
        await rig.clock.advance(120_000);
        await refusal;
        expect(await ask('still')).toBe('Parts 1.0.0: still');
      }
      await serves('1.0.0');
      expect(await activate('3.0.0')).toMatchObject({ swapGapMs: 0, requestsLost: 0 });
    });

    it('serves on if nucleus lite deletes its files while the successor fails', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      const bad = await installed('2.0.0', { provenance: { open: 'fail' } });
      await expect(registry.activate({ path: bad }, quiet)).rejects.toEqual(refused('test.refused'));
      await rm(join(path, '..'), { recursive: true });
      await registry.retireOrphans();
      expect(registry.list()).toMatchObject([{ version: '1.0.0', state: 'active' }]);
      await registry.retire('Parts', path);
      await serves('1.0.0');
    });

    it('ends once no version of its component is installed, after the grace period of the last failure', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      await registry.retire('Parts', path);
      await rm(join(folder.path, 'edgeml.model.Parts'), { recursive: true });
      await rig.clock.advance(50_000);
      await expect(activate('2.0.0', { provenance: { open: 'fail' } })).rejects.toEqual(refused('test.refused'));
      await rig.clock.advance(59_999);
      await registry.retireOrphans();
      expect(await ask('still')).toBe('Parts 1.0.0: still');
      await rig.clock.advance(1);
      await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    });

    it('goes when its component does, however late', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      await registry.retire('Parts', path);
      await serves('1.0.0');
      await rm(join(folder.path, 'edgeml.model.Parts'), { recursive: true });
      await registry.retireOrphans();
      expect(rig.names().at(-1)).toBe('model.retired');
    });

    it('ends after the grace period if somebody then asks for that', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      await registry.retire('Parts', path);
      await registry.retire('Parts');
      await rig.clock.advance(60_000);
      await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    });

    it('is active again after a restart of the agent, and still goes with its component', async () => {
      const path = await installed('1.0.0');
      await registry.activate({ path }, quiet);
      await registry.retire('Parts', path);
      registry = await rig.start();
      await (
        await registry.restore()
      ).finished;
      await rig.clock.advance(60_000);
      expect(registry.list()).toMatchObject([{ version: '1.0.0', state: 'active' }]);
      await rm(join(folder.path, 'edgeml.model.Parts'), { recursive: true });
      await registry.retireOrphans();
      await rig.clock.advance(60_000);
      await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    });
  });

  it('counts requests that find no model as lost by the swap', async () => {
    await activate('1.0.0');
    registry.missed('Parts');
    await registry.retire('Parts');
    await rig.clock.advance(60_000);
    await expect.poll(() => rig.names().at(-1)).toBe('model.retired');
    for (let request = 0; request < 11; request++) registry.missed('Parts');
    expect(await activate('2.0.0')).toMatchObject({ requestsLost: 11 });
    expect(rig.last('model.swapped')).toMatchObject({ from: { version: '1.0.0' }, requestsLost: 11 });
    expect(await activate('3.0.0')).toMatchObject({ requestsLost: 0 });
  });

  it('says which aliases there are when there is no such one', async () => {
    await activate('1.0.0');
    await expect(registry.retire('Other')).rejects.toMatchObject({
      code: 'model.not-active',
      facts: { active: ['Parts'] },
    });
  });
});

describe('ModelRegistry: models of clients', () => {
  const load = async (version: string) => registry.activate({ path: await packageOf(version), owner: 'client' }, quiet);

  it('are unloaded at once; what runs on them is answered', async () => {
    await load('1.0.0');
    const answer = ask('running');
    const unloading = registry.unload('Parts');
    expect(await answer).toBe('Parts 1.0.0: running');
    await unloading;
    expect(registry.served('Parts')).toBeUndefined();
    expect(rig.instances.opened[0]?.closed).toBe(true);
    await expect(registry.unload('Parts')).rejects.toEqual(refused('model.not-active'));
  });

  it('outlive their folder and a restart, and are still theirs', async () => {
    await load('1.0.0');
    await rm(join(folder.path, 'Parts-1.0.0'), { recursive: true });
    await registry.retireOrphans();
    registry = await rig.start();
    await (
      await registry.restore()
    ).finished;
    expect(registry.served('Parts')).toMatchObject({ record: { owner: 'client' } });
    expect(registry.list()).toMatchObject([{ state: 'active' }]);
  });

  it('become the component’s when it brings the same package', async () => {
    await load('1.0.0');
    expect(await activate('1.0.0')).toMatchObject({ unchanged: true });
    expect(registry.served('Parts')).toMatchObject({ record: { owner: 'component' } });
  });
});

describe('ModelRegistry: rollback', () => {
  it('brings back the version before, and forth again', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await rm(join(folder.path, 'Parts-1.0.0'), { recursive: true });
    expect(await registry.rollback('Parts', quiet)).toMatchObject({ version: '1.0.0', state: 'active' });
    expect(await ask('back')).toBe('Parts 1.0.0: back');
    expect(rig.last('model.rolled-back')).toMatchObject({ from: { version: '2.0.0' }, to: { version: '1.0.0' } });
    expect(await registry.rollback('Parts', quiet)).toMatchObject({ version: '2.0.0' });
  });

  it('is not retired because the folder of the older package is gone', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await rm(join(folder.path, 'Parts-1.0.0'), { recursive: true });
    await registry.rollback('Parts', quiet);
    await registry.retireOrphans();
    expect(registry.list()).toMatchObject([{ version: '1.0.0', state: 'active' }]);
  });

  it('says so if there is nothing to go back to', async () => {
    await expect(registry.rollback('Parts', quiet)).rejects.toEqual(refused('model.not-active'));
    await activate('1.0.0');
    await expect(registry.rollback('Parts', quiet)).rejects.toEqual(refused('model.no-previous'));
  });
});

describe('ModelRegistry: restart', () => {
  const restart = async (): Promise<void> => {
    registry = await rig.start();
    await (
      await registry.restore()
    ).finished;
  };

  it('serves again what was active, from its own copy', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await rm(join(folder.path, 'Parts-2.0.0'), { recursive: true });
    await restart();
    expect(await ask('again')).toBe('Parts 2.0.0: again');
    expect(rig.last('model.restored')).toMatchObject({ model: { version: '2.0.0' } });
    expect(await registry.rollback('Parts', quiet)).toMatchObject({ version: '1.0.0' });
  });

  it('lets a model for which nobody answers stand back behind no other while it loads', async () => {
    await activate('1.0.0');
    await activate('2.0.0');
    await registry.rollback('Parts', quiet);
    expect(rig.instances.urgent).toEqual([]);
    await restart();
    expect(rig.instances.urgent).toEqual(['Parts']);
  });

  it('finds that what the component then activates is already there', async () => {
    await activate('1.0.0');
    await restart();
    expect(await activate('1.0.0')).toMatchObject({ unchanged: true });
  });

  it('lets requests and activations wait while it restores', async () => {
    await activate('1.0.0');
    registry = await rig.start();
    const { finished } = await registry.restore();
    expect(registry.target('Parts')).toBe('pending');
    expect(registry.expected()).toEqual(['Parts']);
    const activation = activate('1.0.0');
    await finished;
    expect(await activation).toMatchObject({ unchanged: true });
  });

  it('retires again what was retiring when it ended', async () => {
    await activate('1.0.0');
    await registry.retire('Parts');
    await restart();
    expect(registry.list()).toMatchObject([{ state: 'retiring' }]);
    await rig.clock.advance(60_000);
    await expect.poll(() => registry.target('Parts')).toBeUndefined();
  });

  it('never serves a stored package that was changed; it serves the one before it', async () => {
    await activate('1.0.0');
    const { model } = await activate('2.0.0');
    await rm(join(folder.path, 'Parts-2.0.0'), { recursive: true });
    await appendFile(join(rig.storeFolder, 'Parts', model.hash, 'model.onnx'), '!');
    await restart();
    expect(rig.last('model.restore-failed')).toMatchObject({ alias: 'Parts', error: { code: 'store.corrupt' } });
    expect(await ask('older')).toBe('Parts 1.0.0: older');
  });

  it('takes the source where the copy was changed and the source was not', async () => {
    const { model } = await activate('1.0.0');
    await appendFile(join(rig.storeFolder, 'Parts', model.hash, 'model.onnx'), '!');
    await restart();
    expect(await ask('same')).toBe('Parts 1.0.0: same');
  });

  it('reports a record that cannot be read and starts without it', async () => {
    await activate('1.0.0');
    await writeFile(join(rig.storeFolder, 'Parts', 'state.json'), '{"schemaVersion":1');
    await restart();
    expect(registry.aliases()).toEqual([]);
    expect(rig.last('model.restore-failed')).toMatchObject({
      alias: 'Parts',
      error: { code: 'store.state-unreadable' },
    });
  });

  it('removes what an interrupted activation left', async () => {
    await activate('1.0.0');
    await writePackage(join(rig.storeFolder, '.incoming', 'package-x'));
    await writePackage(join(rig.storeFolder, 'Never', 'f'.repeat(64)));
    await restart();
    expect((await readdir(rig.storeFolder)).sort()).toEqual(['.incoming', 'Parts']);
    expect(await readdir(join(rig.storeFolder, '.incoming'))).toEqual([]);
  });

  it('serves from the source what the store has no room for, and says so', async () => {
    rig.storeBounds = { ...rig.storeBounds, maxBytes: 10 };
    await activate('1.0.0');
    expect(rig.last('model.not-kept')).toMatchObject({ error: { code: 'store.full' } });
    await restart();
    expect(await ask('from the source')).toBe('Parts 1.0.0: from the source');
  });

  it('leaves the disk its free space', async () => {
    rig.storeBounds = { ...rig.storeBounds, minFreeBytes: Number.MAX_SAFE_INTEGER };
    await activate('1.0.0');
    expect(rig.last('model.not-kept')).toMatchObject({ error: { code: 'store.full' } });
    expect(await readdir(join(rig.storeFolder, 'Parts'))).toEqual(['state.json']);
  });

  it('gives the room of previous packages of other aliases to active ones', async () => {
    await activate('1.0.0');
    const { model } = await activate('2.0.0');
    const { bytes } = await readPackage(join(folder.path, 'Parts-2.0.0'));
    rig.storeBounds = { ...rig.storeBounds, maxBytes: 2 * bytes + 10 };
    await activate('1.0.0', { name: 'Other' }, 'other');
    // The record may be on its way to the disk by now.
    const entries = await readdir(join(rig.storeFolder, 'Parts'));
    expect(entries.filter((name) => !isPartial(name))).toEqual([model.hash, 'state.json']);
    await expect(registry.rollback('Parts', quiet)).rejects.toEqual(refused('model.no-previous'));
    await expect.poll(() => rememberedOf('Parts')).not.toHaveProperty('previous');
  });
});

describe('ModelRegistry: changed settings', () => {
  it('loads a model again when its workers change, without a gap', async () => {
    await activate('1.0.0');
    await registry.review();
    expect(serving().identity.generation).toBe(1);
    rig.settings = { ...rig.settings, workers: 2 };
    await registry.review();
    expect(serving()).toMatchObject({ capacity: 2, identity: { generation: 2, version: '1.0.0' } });
  });

  it('ends its instances on close and keeps what it remembers', async () => {
    await activate('1.0.0');
    await registry.close(1_000);
    expect(rig.instances.opened[0]?.closed).toBe(true);
    registry = await rig.start();
    await (
      await registry.restore()
    ).finished;
    expect(registry.aliases()).toEqual(['Parts']);
  });
});
