import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FeedbackClient } from '#packages/http';
import { startFaultProxy } from '../object-store/fault-proxy.ts';
import type { FaultProxy } from '../object-store/fault-proxy.ts';
import { startS3Server } from '../object-store/s3-server.ts';
import { startTokenService } from '../object-store/token-service.ts';
import { readBooks } from './read-books.ts';
import type { Books } from './read-books.ts';
import { spawnUploader, startUploaderProcess } from './uploader-process.ts';
import type { UploaderProcess } from './uploader-process.ts';

/** An uploader that is started again and again over the same spool, and everything that its callers were told. */
export interface Campaign {
  readonly proxy: FaultProxy;
  readonly workFolder: string;
  /** Ids of samples that the uploader said were accepted. */
  readonly told: Set<string>;
  /** Samples that were sent and not answered. */
  readonly unanswered: () => number;
  /** Codes of refusals. */
  readonly refusals: Map<string, number>;
  start(environment?: Readonly<Record<string, string>>): Promise<UploaderProcess>;
  spawn(): ReturnType<typeof spawnUploader>;
  /** Sends one sample and remembers the answer. */
  send(client: FeedbackClient, bytes: number, configId?: string): Promise<void>;
  books(client: FeedbackClient): Promise<Books>;
  /** On the disk, in whole blocks. */
  spoolBytes(): Promise<number>;
  /** How often each of the told samples is in the store. */
  storedTimes(id: string): number;
  close(): Promise<void>;
}

export async function startCampaign(configuration: object, workFolder?: string): Promise<Campaign> {
  const server = await startS3Server('samples');
  const proxy = await startFaultProxy(server.url);
  const tokens = await startTokenService();
  const folder = workFolder ?? (await mkdtemp(path.join(tmpdir(), 'uploader-campaign-')));
  const told = new Set<string>();
  const refusals = new Map<string, number>();
  let unanswered = 0;
  const to = { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg' };
  const settings = {
    FeedbackConfigurationMap: { Low: { ...to, priority: 1 }, High: { ...to, priority: 9 } },
    S3Endpoint: proxy.url,
    S3ForcePathStyle: true,
    MinFreeDiskMB: 0,
    RetryCapSeconds: 1,
    ...configuration,
  };
  const keys = { AWS_CONTAINER_CREDENTIALS_FULL_URI: tokens.url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'svcuid' };
  return {
    proxy,
    workFolder: folder,
    told,
    unanswered: () => unanswered,
    refusals,
    start: (environment = {}) => startUploaderProcess(folder, settings, { ...keys, ...environment }),
    spawn: () => spawnUploader(folder, settings, keys),
    async send(client, bytes, configId = 'Low') {
      try {
        const input = Buffer.alloc(bytes, told.size);
        const answer = await client.publish(configId, { input, prediction: [0.4, 0.6] });
        told.add(answer.id);
      } catch (thrown) {
        const code = (thrown as { code?: string }).code ?? String(thrown);
        if (/^(spool|feedback\.not-ready)/.test(code)) refusals.set(code, (refusals.get(code) ?? 0) + 1);
        else unanswered++;
      }
    },
    books: readBooks,
    async spoolBytes() {
      const spool = path.join(folder, 'spool');
      const names = await readdir(spool).catch(() => []);
      const files = await Promise.all(names.map((name) => stat(path.join(spool, name)).catch(() => undefined)));
      return files.reduce((sum, file) => sum + (file?.blocks ?? 0) * BYTES_PER_BLOCK, 0);
    },
    storedTimes: (id) => proxy.stored.get(`/samples/${id}`) ?? 0,
    async close() {
      await proxy.close();
      await server.close();
      await tokens.close();
      if (workFolder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Of `stat`, whatever the file system. */
const BYTES_PER_BLOCK = 512;
