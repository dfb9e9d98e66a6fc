import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';

import { TEST_KEYS } from '../../../common/object-store/testing/s3-keys.ts';

/** Everything in a bucket of the S3 test server, by key. */
export async function bucketContent(url: string, bucket: string): Promise<ReadonlyMap<string, Buffer>> {
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials: TEST_KEYS });
  const content = new Map<string, Buffer>();
  try {
    let token: string | undefined;
    do {
      const list = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      );
      for (const { Key } of list.Contents ?? []) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        content.set(Key ?? '', Buffer.from((await Body?.transformToByteArray()) ?? []));
      }
      token = list.NextContinuationToken;
    } while (token !== undefined);
  } finally {
    client.destroy();
  }
  return content;
}
