import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { assertCompleted, assertStored, sha256Of } from './store-proof.ts';

const body = Buffer.from('pixels');
const sha256 = sha256Of(body);
const md5 = createHash('md5').update(body).digest('hex');
const FOREIGN = { code: 'store.foreign-answer' };

const stored = (answer: object) => () => assertStored(answer, body, sha256, 'upload');

describe('the proof that an object is stored', () => {
  it.each([
    ['the checksum, whatever the ETag is', { ChecksumSHA256: sha256, ETag: '"of-a-kms-key"' }],
    ['the MD5 as ETag of a store without checksums', { ETag: `"${md5}"` }],
  ])('is %s', (_title, answer) => {
    expect(stored(answer)).not.toThrow();
  });

  it.each([
    ['nothing', {}],
    ['any ETag', { ETag: '"0123"' }],
    [
      'the checksum of other bytes, even beside the right MD5',
      { ChecksumSHA256: sha256Of(md5bytes()), ETag: `"${md5}"` },
    ],
  ])('is not %s', (_title, answer) => {
    expect(stored(answer)).toThrow(expect.objectContaining(FOREIGN));
  });
});

describe('the proof that parts are one object', () => {
  // S3 User Guide, "Checksums of multipart uploads".
  const parts = [{ ChecksumSHA256: sha256 }, { ChecksumSHA256: sha256Of(Buffer.from('more')) }];
  const composite = createHash('sha256')
    .update(createHash('sha256').update('pixels').digest())
    .update(createHash('sha256').update('more').digest())
    .digest('base64');

  it.each([
    ['the checksum of the checksums', { ChecksumSHA256: `${composite}-2` }],
    ['the ETag of a store without checksums', { ETag: '"0123"' }],
  ])('is %s', (_title, answer) => {
    expect(() => assertCompleted(answer, parts, 'upload')).not.toThrow();
  });

  it.each([
    ['nothing', {}],
    ['another checksum', { ChecksumSHA256: `${sha256}-2`, ETag: '"0123-2"' }],
  ])('is not %s', (_title, answer) => {
    expect(() => assertCompleted(answer, parts, 'upload')).toThrow(expect.objectContaining(FOREIGN));
  });
});

function md5bytes(): Buffer {
  return Buffer.from(md5, 'hex');
}
