import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kill } from 'node:process';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultProxy } from '../../testing/object-store/fault-proxy.ts';
import type { FaultProxy } from '../../testing/object-store/fault-proxy.ts';
import { startS3Server } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import { startTokenService } from '../../testing/object-store/token-service.ts';
import type { TokenService } from '../../testing/object-store/token-service.ts';
import { childrenOf, peakMemoryMb } from '../../testing/process/process-facts.ts';
import { metric, spawnUploader, startUploaderProcess } from '../../testing/uploader/uploader-process.ts';
import type { UploaderProcess } from '../../testing/uploader/uploader-process.ts';

/** The bundled uploader in its own process, against an S3 server behind a proxy of faults. */

const MEMORY_MB = 150;

let server: S3Server;
let proxy: FaultProxy;
let tokens: TokenService;
let folder: string;
let started: UploaderProcess | undefined;

beforeAll(async () => {
  server = await startS3Server('samples');
  proxy = await startFaultProxy(server.url);
  tokens = await startTokenService();
});
afterAll(async () => {
  await proxy.close();
  await server.close();
  await tokens.close();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'uploader-process-'));
  proxy.fault = 'none';
});
afterEach(async () => {
  started?.client.close();
  await started?.process.end('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const parts = { 's3-bucket-name': 'samples', 's3-prefix': 'parts', 'content-type': 'image/jpeg', 'file-ext': 'jpg' };

async function start(configuration: object = {}, map: object = { Parts: parts }): Promise<UploaderProcess> {
  const settings = {
    FeedbackConfigurationMap: map,
    S3Endpoint: proxy.url,
    S3ForcePathStyle: true,
    MinFreeDiskMB: 0,
    RetryCapSeconds: 1,
    ...configuration,
  };
  return (started = await startUploaderProcess(folder, settings, {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: tokens.url,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'svcuid',
  }));
}

const sample = (input: Uint8Array = Buffer.from('pixels')) => ({ input, prediction: [0.4, 0.6] });
const read = async (name: string) => metric((await started?.client.metrics()) ?? '', name);

describe('the bundled uploader', () => {
  it('uploads with keys of the token exchange service', async () => {
    const { client } = await start();
    const answer = await client.publish('Parts', sample());
    await expect.poll(() => read('uploaded_total')).toBe(1);
    expect(proxy.stored.get(`/samples/parts/${answer.id}.jpg`)).toBe(1);
    expect(new Set(tokens.tokens)).toEqual(new Set(['svcuid']));
  });

  it('ends on SIGTERM with 0 and takes its socket with it', async () => {
    const { process } = await start();
    expect(await process.end()).toBe(0);
    expect(await readdir(folder)).not.toContain('feedback.sock');
  });

  it('ends on SIGTERM while the store does not answer, and keeps the sample', async () => {
    const { process, client } = await start();
    proxy.fault = 'silent';
    proxy.seen.requests = 0;
    const { id } = await client.publish('Parts', sample());
    await expect.poll(() => proxy.seen.requests).toBe(1);
    expect(await process.end()).toBe(0);
    proxy.fault = 'none';
    await start();
    await expect.poll(() => read('uploaded_total')).toBe(1);
    expect(proxy.stored.get(`/samples/parts/${id}.jpg`)).toBe(1);
  });

  it.each([
    'hang-up',
    'slow-down',
    'internal-error',
    'access-denied',
    'expired-token',
    'captive-portal',
    'foreign-not-found',
  ] as const)('row 56: gets over "%s", and makes one object', async (fault) => {
    const { client } = await start();
    proxy.fault = fault;
    proxy.seen.requests = 0;
    const { id } = await client.publish('Parts', sample());
    await expect.poll(() => proxy.seen.requests).toBeGreaterThanOrEqual(2);
    expect(await read('uploaded_total')).toBe(0);
    proxy.fault = 'none';
    await expect.poll(() => read('uploaded_total')).toBe(1);
    expect(proxy.stored.get(`/samples/parts/${id}.jpg`)).toBe(1);
  });

  it('row 56: makes one object of an upload whose answer was lost', async () => {
    const { client } = await start();
    proxy.fault = 'lose-answer';
    const { id } = await client.publish('Parts', sample());
    await expect.poll(() => read('uploaded_total')).toBe(1);
    expect(await client.metrics()).toContain('outcome="store.unreachable"');
    expect(proxy.stored.get(`/samples/parts/${id}.jpg`)).toBe(1);
  });

  it('row 56: gets over a network that is gone', async () => {
    const { client } = await start();
    await proxy.down();
    await client.publish('Parts', sample());
    await expect.poll(async () => await client.metrics()).toContain('outcome="store.unreachable"');
    await proxy.up();
    await expect.poll(() => read('uploaded_total')).toBe(1);
  });

  it('says which setting is wrong, and ends with 1', async () => {
    const process = await spawnUploader(folder, { FeedbackConfigurationMap: '{"Parts": ' });
    expect(await process.exit).toBe(1);
    expect(await process.line(/config\.invalid/)).toContain('/FeedbackConfigurationMap: is not valid JSON');
  });

  it('keeps taking samples while there are no credentials', async () => {
    started = await startUploaderProcess(folder, { FeedbackConfigurationMap: { Parts: parts }, MinFreeDiskMB: 0 });
    await started.client.publish('Parts', sample());
    await started.process.line(/AWS_CONTAINER_CREDENTIALS_FULL_URI is not set.*store\.no-credentials/);
    expect(await read('spool_samples')).toBe(1);
  });

  describe.skipIf(process.platform !== 'linux')('memory', () => {
    it.each([
      { megabytes: 4, clients: 10 },
      { megabytes: 24, clients: 2 },
    ])('stays under 150 MB while $clients clients send samples of $megabytes MB', async ({ megabytes, clients }) => {
      const { client, process } = await start({ MaxSampleMB: 24, SpoolMaxMB: 1_000, ParallelUploads: 4 });
      const large = Buffer.alloc(megabytes * 1_000_000, 7);
      const rounds = megabytes > 10 ? 1 : 2;
      await Promise.all(
        Array.from({ length: clients }, async () => {
          for (let round = 0; round < rounds; round++) await client.publish('Parts', sample(large));
        }),
      );
      await expect.poll(() => read('spool_samples')).toBe(0);
      expect(peakMemoryMb(process.pid)).toBeLessThan(MEMORY_MB);
    });

    it('stays under 150 MB while it redacts photos of 12 megapixels, each of its two processes', async () => {
      const { client, process } = await start({}, { Parts: { ...parts, redaction: { classes: 'face' } } });
      const photo = await photoOf12Megapixels();
      const prediction = [{ classId: 0, label: 'face', score: 0.9, box: [0.4, 0.4, 0.6, 0.7] }];
      await Promise.all(Array.from({ length: 3 }, () => client.publish('Parts', { input: photo, prediction })));
      expect(await read('accepted_total')).toBe(3);
      expect(peakMemoryMb(process.pid)).toBeLessThan(MEMORY_MB);
      const [redactor = -1] = childrenOf(process.pid);
      expect(peakMemoryMb(redactor)).toBeLessThan(MEMORY_MB);
    });
  });

  it('gets over the death of the process that redacts: that sample is refused, the next one is not', async () => {
    const { client, process } = await start({}, { Parts: { ...parts, redaction: { classes: 'face' } } });
    const small = await sharp({ create: { width: 64, height: 48, channels: 3, background: 'gray' } })
      .jpeg()
      .toBuffer();
    const redacted = { input: small, prediction: [{ classId: 0, label: 'face', score: 0.9, box: [0, 0, 1, 1] }] };
    await client.publish('Parts', redacted);
    const pid = /"pid":(\d+)/.exec(await process.line(/redaction\.process-started/))?.[1];
    kill(Number(pid), 'SIGKILL');
    await process.line(/SIGKILL.*redaction\.process-ended/);
    await client.publish('Parts', redacted);
    expect(await read('accepted_total')).toBe(2);
    expect(await process.end()).toBe(0);
  });
});

/** As much detail as a camera's. */
async function photoOf12Megapixels(): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  return sharp({ create: { width: 4_000, height: 3_000, channels: 3, background: 'gray', noise } })
    .jpeg({ quality: 85 })
    .toBuffer();
}
