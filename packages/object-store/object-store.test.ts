import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../testing/object-store/fault-proxy.ts';
import type { FaultProxy } from '../../testing/object-store/fault-proxy.ts';
import { ACCESS_DENIED, DOWN, MemoryObjectStore, SLOW_DOWN } from '../../testing/object-store/memory-object-store.ts';
import { objectStoreConformance } from '../../testing/object-store/object-store-conformance.ts';
import type { RigFault } from '../../testing/object-store/object-store-conformance.ts';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import type { CredentialSource, Credentials } from './kept-credentials.ts';
import { s3ObjectStore } from './s3-object-store.ts';
import type { S3Options } from './s3-client-store.ts';

const LOST = { code: 'ECONNRESET', reason: 'socket hang up' };

objectStoreConformance('in memory', async () => {
  const store = new MemoryObjectStore('samples', 'more');
  const faults = {
    none: undefined,
    down: DOWN,
    'slow-down': SLOW_DOWN,
    'access-denied': ACCESS_DENIED,
    silent: 'hang',
    'lose-answer': LOST,
  } as const satisfies Record<RigFault, MemoryObjectStore['fault']>;
  return {
    store,
    setFault: async (fault) => {
      store.fault = faults[fault];
      store.losesAnswers = fault === 'lose-answer';
    },
    object: async (bucket, key) => store.object(bucket, key),
    close: async () => store.close(),
  };
});

/** Keys that never change, or those that the test hands out next. */
function keys(next: () => Credentials = () => TEST_KEYS): CredentialSource & { invalidated: number } {
  const source = { invalidated: 0, get: async () => next(), invalidate: () => void source.invalidated++ };
  return source;
}

function storeAt(url: string, options: Partial<S3Options> = {}) {
  return s3ObjectStore({ region: 'us-east-1', endpoint: url, forcePathStyle: true, credentials: keys(), ...options });
}

objectStoreConformance('Amazon S3 protocol', async () => {
  const server = await startS3Server('samples', 'more');
  const proxy = await startFaultProxy(server.url);
  const store = storeAt(proxy.url);
  const reader = new S3Client({
    endpoint: server.url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: TEST_KEYS,
  });
  let isDown = false;
  return {
    store,
    setFault: async (fault) => {
      if (isDown) await proxy.up();
      isDown = fault === 'down';
      if (isDown) await proxy.down();
      proxy.fault = fault === 'down' ? 'none' : fault;
    },
    object: async (bucket, key) => {
      const found = await reader.send(new GetObjectCommand({ Bucket: bucket, Key: key })).catch(() => undefined);
      if (!found?.Body) return undefined;
      const body = Buffer.from(await found.Body.transformToByteArray());
      return { body, contentType: found.ContentType ?? '', metadata: found.Metadata ?? {} };
    },
    close: async () => {
      store.close();
      reader.destroy();
      await proxy.close();
      await server.close();
    },
  };
});

describe('s3ObjectStore', () => {
  let server: S3Server;
  let proxy: FaultProxy;
  beforeAll(async () => {
    server = await startS3Server('samples');
    proxy = await startFaultProxy(server.url);
  });
  beforeEach(() => {
    proxy.fault = 'none';
    proxy.region = undefined;
    proxy.conditions = true;
    proxy.seen.requests = 0;
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  const signal = new AbortController().signal;
  const object = (key: string, metadata = {}) => ({
    bucket: 'samples',
    key,
    body: Buffer.from('x'),
    contentType: 'image/png',
    metadata,
  });

  it("learns from the store's answer how far the clock of the device is off", async () => {
    const store = storeAt(proxy.url, { clockOffsetMs: 3 * 3_600_000 });
    await expect(store.put(object('skew'), signal)).rejects.toMatchObject({
      code: 'store.clock-skew',
      facts: { fault: 'moment', code: 'RequestTimeTooSkewed' },
    });
    expect((await store.put(object('skew'), signal)).existed).toBe(false);
    store.close();
  });

  it('asks for keys for every request, and gives back those that have expired', async () => {
    let round = 0;
    const source = keys(() => ({ ...TEST_KEYS, sessionToken: `token ${round++}`, expiration: new Date(0) }));
    const store = storeAt(proxy.url, { credentials: source });
    proxy.fault = 'expired-token';
    await expect(store.put(object('keys'), signal)).rejects.toMatchObject({ facts: { fault: 'credentials' } });
    expect(source.invalidated).toBe(1);
    const before = round;
    proxy.fault = 'none';
    await store.put(object('keys'), signal);
    expect(round).toBeGreaterThan(before);
    expect(source.invalidated).toBe(1);
    store.close();
  });

  it.each(['captive-portal', 'foreign-not-found', 'foreign-precondition'] as const)(
    'takes no word of what is not the store: %s',
    async (fault) => {
      const store = storeAt(proxy.url);
      proxy.fault = fault;
      for (const body of [Buffer.from('x'), Buffer.alloc(17 * 1024 ** 2)]) {
        await expect(store.put({ ...object(fault), body, unlessExists: true }, signal)).rejects.toMatchObject({
          code: 'store.foreign-answer',
          facts: { fault: 'moment', code: 'ForeignAnswer', nothingSent: false },
          message: expect.stringContaining(`upload to s3://samples/${fault}`) as string,
        });
      }
      proxy.fault = 'none';
      expect((await store.put({ ...object(fault), unlessExists: true }, signal)).existed).toBe(false);
      store.close();
    },
  );

  it('follows a bucket to its region, once', async () => {
    proxy.region = 'eu-central-1';
    const store = storeAt(proxy.url);
    await store.put(object('region-1'), signal);
    await store.put(object('region-2'), signal);
    expect(proxy.seen.requests).toBe(3);
    store.close();
  });

  it('does without conditions in a store that knows none', async () => {
    proxy.conditions = false;
    const store = storeAt(proxy.url);
    await store.put({ ...object('no-conditions'), unlessExists: true }, signal);
    await store.put({ ...object('no-conditions'), unlessExists: true }, signal);
    expect(proxy.seen.requests).toBe(3);
    store.close();
  });

  it.each([
    ['slow-down', 'store.busy'],
    ['access-denied', 'store.access-denied'],
    ['expired-token', 'store.no-credentials'],
  ] as const)('gives up an object of many parts by name at the first that fails: %s', async (fault, code) => {
    proxy.fault = fault;
    const store = storeAt(proxy.url);
    const large = { ...object(`parts-${fault}`), body: Buffer.alloc(17 * 1024 ** 2) };
    await expect(store.put(large, signal)).rejects.toMatchObject({ code });
    expect(proxy.seen.requests).toBe(1);
    proxy.fault = 'none';
    expect((await store.put({ ...large, unlessExists: true }, signal)).existed).toBe(false);
    store.close();
  });

  it('never repeats a request by itself', async () => {
    proxy.fault = 'internal-error';
    const store = storeAt(proxy.url);
    await expect(store.put(object('once'), signal)).rejects.toMatchObject({ code: 'store.busy' });
    expect(proxy.seen.requests).toBe(1);
    store.close();
  });

  it('stores metadata outside ASCII as S3 itself writes it', async () => {
    const store = storeAt(server.url);
    await store.put(object('words', { ort: 'Köln', plain: 'a b' }), signal);
    const reader = new S3Client({
      endpoint: server.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: TEST_KEYS,
    });
    const { Metadata } = await reader.send(new GetObjectCommand({ Bucket: 'samples', Key: 'words' }));
    expect(Metadata).toEqual({ ort: `=?UTF-8?B?${Buffer.from('Köln').toString('base64')}?=`, plain: 'a b' });
    reader.destroy();
    store.close();
  });

  it('passes on why there are no keys', async () => {
    const none = Object.assign(new Error('no keys'), { code: 'EXPECTED' });
    const store = storeAt(server.url, {
      credentials: { get: () => Promise.reject(none), invalidate: () => undefined },
    });
    await expect(store.put(object('never'), signal)).rejects.toMatchObject({
      code: 'store.unreachable',
      facts: { code: 'EXPECTED', reason: 'no keys' },
    });
    store.close();
  });
});
