import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeError } from '#packages/foundation';
import { failureFacts } from '#packages/object-store';
import type { ObjectStore, PutObject, StoreFailureFacts } from '#packages/object-store';
import type { StoredObject } from './memory-object-store.ts';

export type RigFault = 'none' | 'down' | 'slow-down' | 'access-denied' | 'silent' | 'lose-answer';

/** A store with the buckets `samples` and `more`, and a way to look into it past the port. */
export interface StoreRig {
  readonly store: ObjectStore;
  setFault(fault: RigFault): Promise<void>;
  object(bucket: string, key: string): Promise<StoredObject | undefined>;
  close(): Promise<void>;
}

/** Two whole parts and a rest. */
const LARGE_BYTES = 17 * 1024 ** 2;

const object = (changes: Partial<PutObject> = {}): PutObject => ({
  bucket: 'samples',
  key: `parts/${Math.random()}.jpg`,
  body: Buffer.from('pixels'),
  contentType: 'image/jpeg',
  metadata: { 'publish-ts': '2026-01-01 00:00:00.000000', line: '7' },
  ...changes,
});

/** Behavior that the uploader may rely on in every store. */
export function objectStoreConformance(name: string, makeRig: () => Promise<StoreRig>): void {
  describe(`ObjectStore: ${name}`, () => {
    let rig: StoreRig;
    beforeAll(async () => {
      rig = await makeRig();
    });
    beforeEach(() => rig.setFault('none'));
    afterAll(() => rig.close());

    const put = (wanted: PutObject, signal = new AbortController().signal) => rig.store.put(wanted, signal);
    const failure = async (attempt: Promise<unknown>) => {
      const error = await attempt.then(
        () => undefined,
        (thrown: unknown) => thrown as EdgeError,
      );
      const { fault, code, nothingSent }: StoreFailureFacts = failureFacts(error);
      return { error: error?.code, fault, code, nothingSent };
    };

    it('stores body, content type and metadata under the key', async () => {
      const wanted = object();
      const { existed, response } = await put(wanted);
      expect(existed).toBe(false);
      expect(response.ResponseMetadata.HTTPStatusCode).toBe(200);
      expect(response.ETag).toMatch(/^".+"$/);
      expect(await rig.object(wanted.bucket, wanted.key)).toEqual({
        body: wanted.body,
        contentType: 'image/jpeg',
        metadata: wanted.metadata,
      });
    });

    it('stores an object of many parts, from memory and from a file', async () => {
      const body = randomBytes(LARGE_BYTES);
      const fromMemory = object({ body });
      await put(fromMemory);
      expect((await rig.object('samples', fromMemory.key))?.body.equals(body)).toBe(true);

      const folder = await mkdtemp(join(tmpdir(), 'object-'));
      const file = join(folder, 'large');
      await writeFile(file, body);
      const fromFile = object({ body: { file, bytes: LARGE_BYTES } });
      const { response } = await put(fromFile);
      expect(response.ETag).toMatch(/^".+"$/);
      const stored = await rig.object('samples', fromFile.key);
      expect(stored?.body.equals(body)).toBe(true);
      expect(stored).toMatchObject({ contentType: 'image/jpeg', metadata: fromFile.metadata });
      await rm(folder, { recursive: true });
    });

    it('stores a small file', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'object-'));
      const file = join(folder, 'small');
      await writeFile(file, 'pixels');
      const wanted = object({ body: { file, bytes: 6 } });
      await put(wanted);
      expect((await rig.object('samples', wanted.key))?.body.toString()).toBe('pixels');
      await rm(folder, { recursive: true });
    });

    it('keeps several buckets apart', async () => {
      const wanted = object({ bucket: 'more' });
      await put(wanted);
      expect(await rig.object('samples', wanted.key)).toBeUndefined();
      expect(await rig.object('more', wanted.key)).toBeDefined();
    });

    it('replaces an object, unless told to leave it alone', async () => {
      const wanted = object();
      await put(wanted);
      const left = await put({ ...wanted, body: Buffer.from('other'), unlessExists: true });
      expect(left.existed).toBe(true);
      expect((await rig.object(wanted.bucket, wanted.key))?.body.toString()).toBe('pixels');
      const replaced = await put({ ...wanted, body: Buffer.from('other') });
      expect(replaced.existed).toBe(false);
      expect((await rig.object(wanted.bucket, wanted.key))?.body.toString()).toBe('other');
    });

    it('stores what is not there yet when told to leave alone what is', async () => {
      const wanted = object({ unlessExists: true });
      expect((await put(wanted)).existed).toBe(false);
      expect(await rig.object(wanted.bucket, wanted.key)).toBeDefined();
    });

    it('names a bucket that does not exist', async () => {
      expect(await failure(put(object({ bucket: 'nowhere' })))).toMatchObject({
        error: 'store.no-such-bucket',
        fault: 'destination',
        code: 'NoSuchBucket',
      });
    });

    it('tells refusal of access', async () => {
      await rig.setFault('access-denied');
      expect(await failure(put(object()))).toMatchObject({
        error: 'store.access-denied',
        fault: 'destination',
        code: 'AccessDenied',
      });
    });

    it('tells a busy store', async () => {
      await rig.setFault('slow-down');
      expect(await failure(put(object()))).toMatchObject({ error: 'store.busy', fault: 'moment', code: 'SlowDown' });
    });

    it('tells that nothing was sent when there is no connection, and recovers', async () => {
      await rig.setFault('down');
      // A connection that was kept open may break first.
      await failure(put(object()));
      expect(await failure(put(object()))).toMatchObject({
        error: 'store.unreachable',
        fault: 'moment',
        code: 'ECONNREFUSED',
        nothingSent: true,
      });
      await rig.setFault('none');
      expect((await put(object())).existed).toBe(false);
    });

    it('makes one object of an upload whose answer was lost and its repetition', async () => {
      const wanted = object();
      await rig.setFault('lose-answer');
      expect(await failure(put(wanted))).toMatchObject({ fault: 'moment', nothingSent: false });
      await rig.setFault('none');
      expect((await put({ ...wanted, unlessExists: true })).existed).toBe(true);
    });

    it('makes one object of two uploads at the same time', async () => {
      const wanted = { ...object(), unlessExists: true };
      const receipts = await Promise.all([put(wanted), put(wanted)]);
      expect(receipts.map(({ existed }) => existed).sort()).toEqual([false, true]);
    });

    it('stops waiting when the signal says so, with its reason', async () => {
      await rig.setFault('silent');
      const reason = new Error('enough');
      const controller = new AbortController();
      const attempt = put(object(), controller.signal);
      controller.abort(reason);
      await expect(attempt).rejects.toBe(reason);
      await expect(put(object(), controller.signal)).rejects.toBe(reason);
    });
  });
}
