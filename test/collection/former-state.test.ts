import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCheckedLine, silentLogger, systemClock } from '#packages/foundation';
import { createFeedbackClient } from '#packages/http';
import { startUploader } from '../../components/feedback-uploader/assembly/start-uploader.ts';
import { hashPicture } from '../../components/feedback-uploader/duplicates/picture-hash.ts';
import { redactImage } from '../../components/feedback-uploader/redaction/redact-image.ts';
import { bytesOf } from '../../testing/agent/instance-conformance.ts';
import { temporaryFolder, writePackage } from '../../testing/agent/package-folder.ts';
import { RegistryRig } from '../../testing/agent/registry-rig.ts';
import { DOWN, MemoryObjectStore } from '../../testing/object-store/memory-object-store.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { unpackFormerState } from '../../testing/state/former-state.ts';
import { shapeOf } from '../../testing/state/shape-of.ts';
import { recordingIpc } from '../../testing/uploader/recording-ipc.ts';
import type { ServingModel } from '../../components/inference-agent/registry/serving-model.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (...names: string[]): string => path.join(folder.path, ...names);
const json = async (...names: string[]): Promise<unknown> => JSON.parse(await readFile(at(...names), 'utf8'));

beforeEach(async () => {
  folder = await temporaryFolder();
  await unpackFormerState(folder.path);
});
afterEach(() => folder.remove());

describe('the state of the version before', () => {
  describe('of the agent', () => {
    const start = async () => {
      const rig = new RegistryRig(at('agent'));
      const registry = await rig.start();
      await (
        await registry.restore()
      ).finished;
      return { rig, registry };
    };

    it('is all there after an upgrade: what serves, what it rolls back to, whose it is, what is in quarantine', async () => {
      const { rig, registry } = await start();
      const versions = registry.list().map(({ alias, version, state }) => `${alias} ${version} ${state}`);
      expect(versions.sort()).toEqual(['Clients 1.0.0 active', 'Parts 2.0.0 active', 'Retired 1.0.0 retiring']);
      expect((await (registry.target('Parts') as ServingModel).infer(bytesOf('x'))).predictions[0]?.label).toBe(
        'Parts 2.0.0: x',
      );
      expect(registry.served('Clients')?.record.owner).toBe('client');
      expect(await registry.rollback('Parts', () => undefined)).toMatchObject({ version: '1.0.0' });
      expect(registry.target('Bad')).toMatchObject({ code: 'model.quarantined' });
      const old = await writePackage(at('old'), { name: 'Parts', version: '0.9.0' });
      rig.policy = { trust: { policy: 'warn', keys: {} } };
      await expect(registry.activate({ path: old }, () => undefined)).rejects.toMatchObject({
        code: 'model.below-minimum',
      });
    });

    it('is written as that version reads it, so that the rollback of the nucleus finds it: no key is new', async () => {
      const files = [
        ['models', 'Parts', 'state.json'],
        ['models', 'Retired', 'state.json'],
        ['quarantine.json'],
        ['minimum-versions.json'],
      ];
      const shapes = () => Promise.all(files.map(async (names) => shapeOf(await json('agent', ...names))));
      const before = await shapes();
      const { rig, registry } = await start();
      await registry.activate(
        { path: await writePackage(at('new'), { name: 'Parts', version: '3.0.0' }) },
        () => undefined,
      );
      await registry.activate(
        { path: await writePackage(at('other'), { name: 'Retired', version: '2.0.0' }) },
        () => undefined,
      );
      await registry.retire('Parts', at('new'));
      await registry.close(1_000);
      const after = await shapes();
      const known = (n: number): readonly string[] => [...(before[0] ?? []), ...(before[n] ?? [])];
      for (const [n, shape] of after.entries()) expect(known(n)).toEqual(expect.arrayContaining([...shape]));
      expect(rig.last('model.swapped')).toBeDefined();
    });
  });

  describe('of the uploader', () => {
    const configuration = {
      FeedbackConfigurationMap: {
        Parts: { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg', 'file-ext': 'jpg' },
      },
      SampleRecords: false,
    };
    const start = async (store: MemoryObjectStore) => {
      const uploader = await startUploader({
        workFolder: at('uploader'),
        configuration,
        ipc: recordingIpc(configuration),
        thing: 'belt-7',
        regionOfDevice: 'eu-west-1',
        redact: redactImage,
        hash: hashPicture,
        openStore: () => store,
        clock: systemClock,
        random: seededRandom(1),
        log: silentLogger,
        setLogLevel: () => undefined,
      });
      await uploader.ready;
      return uploader;
    };

    it('is uploaded after an upgrade, every sample of the spool', async () => {
      const store = new MemoryObjectStore('samples');
      const uploader = await start(store);
      await expect.poll(() => store.keys('samples').length).toBe(3);
      await uploader.close(1_000);
      const bodies = store
        .keys('samples')
        .map((key) => String(store.object('samples', key)?.body))
        .sort();
      expect(bodies).toEqual(['pixels 1', 'pixels 2', 'pixels 3']);
    });

    it('is written as that version reads it: no key that it reads is new', async () => {
      /** The records of the newest journal, and what each sample says of itself. */
      const lines = async () => {
        const names = (await readdir(at('uploader', 'spool'))).sort();
        const journal = names.filter((name) => name.startsWith('journal-')).at(-1)!;
        const samples = names.filter((name) => name.endsWith('.sample'));
        const firstLines = await Promise.all(samples.map(async (name) => (await linesOf(name)).slice(0, 1)));
        return [...(await linesOf(journal)), ...firstLines.flat()].map((line) =>
          readCheckedLine(Buffer.from(line, 'latin1')),
        );
      };
      const linesOf = async (name: string): Promise<readonly string[]> => {
        const text = await readFile(at('uploader', 'spool', name), 'latin1');
        return text.split('\0', 1)[0]!.split('\n').filter(Boolean);
      };
      const before = await lines();
      const store = new MemoryObjectStore('samples');
      store.fault = DOWN;
      const uploader = await start(store);
      const client = createFeedbackClient({ socketPath: uploader.socketPath });
      const sample = { input: Buffer.from('more'), prediction: [0.3, 0.7], metadata: { line: 4 } };
      expect(await client.publish('Parts', sample)).toMatchObject({ status: 'accepted' });
      client.close();
      await uploader.close(1_000);
      const after = await lines();
      expect([before, after].every((all) => all.length > 3 && all.every((line) => line !== undefined))).toBe(true);
      // The version before hands on new fields of a sample's header unread; rows of the history come with time.
      const read = [...shapeOf(after)].filter((key) => key !== '/*/because' && !/^\/\*\/u\/kept\/.*\*/.test(key));
      expect(shapeOf(before)).toEqual(expect.arrayContaining(read));
    });
  });
});
