import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import S3rver from 's3rver';
import { keepWholeUploads } from './whole-uploads.ts';

export { TEST_KEYS } from './s3-keys.ts';

export interface S3Server {
  readonly url: string;
  close(): Promise<void>;
}

/** An S3 server on this machine with empty buckets. */
export async function startS3Server(...buckets: readonly string[]): Promise<S3Server> {
  const folder = await mkdtemp(path.join(tmpdir(), 's3-'));
  const [directory, writing] = [path.join(folder, 'buckets'), path.join(folder, 'writing')];
  for (const one of [directory, writing]) await mkdir(one);
  const server = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: buckets.map((name) => ({ name, configs: [] })),
  });
  keepWholeUploads(server, writing);
  const { port } = await server.run();
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
