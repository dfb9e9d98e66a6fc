import { GetObjectCommand, ListObjectsCommand, S3Client } from '@aws-sdk/client-s3';

import { TEST_KEYS } from '../../object-store/s3-keys.ts';

/** Everything in a bucket of the S3 test server, by key. */
export async function bucketContent(url: string, bucket: string): Promise<ReadonlyMap<string, Buffer>> {
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials: TEST_KEYS });
  const content = new Map<string, Buffer>();
  try {
    // The test server cannot go on with a list in its second form.
    let last: string | undefined;
    do {
      const list = await client.send(
        new ListObjectsCommand({ Bucket: bucket, ...(last === undefined ? {} : { Marker: last }) }),
      );
      for (const { Key } of list.Contents ?? []) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        content.set(Key ?? '', Buffer.from((await Body?.transformToByteArray()) ?? []));
      }
      last = list.IsTruncated ? list.Contents?.at(-1)?.Key : undefined;
    } while (last !== undefined);
  } finally {
    client.destroy();
  }
  return content;
}
