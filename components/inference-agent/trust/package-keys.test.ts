import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageKeys } from './package-keys.ts';

const ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const never = new AbortController().signal;

describe('a key of AWS KMS', () => {
  let kms: Server;
  let seen: { readonly headers: IncomingMessage['headers']; readonly body: unknown }[];
  let answer: { status: number; body: object };
  let invalidated: number;

  beforeEach(async () => {
    seen = [];
    invalidated = 0;
    kms = createServer((request, response) => {
      void text(request).then((body) => {
        seen.push({ headers: request.headers, body: JSON.parse(body) });
        response.writeHead(answer.status).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => kms.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => kms.close(resolve)));

  const keys = () =>
    packageKeys({
      folder: () => '',
      endpoint: `http://127.0.0.1:${(kms.address() as AddressInfo).port}`,
      credentials: {
        get: async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' }),
        invalidate: () => void invalidated++,
      },
    });

  it('decrypts in the name of the device', async () => {
    answer = { status: 200, body: { KeyId: ARN, Plaintext: Buffer.from('data key').toString('base64') } };
    const opened = await keys().decryptByKms(ARN, Buffer.from('wrapped'), never);
    expect(Buffer.from(opened).toString()).toBe('data key');
    expect(seen[0]?.body).toEqual({ KeyId: ARN, CiphertextBlob: Buffer.from('wrapped').toString('base64') });
    expect(seen[0]?.headers).toMatchObject({
      'x-amz-target': 'TrentService.Decrypt',
      'x-amz-security-token': 'token',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/kms\/aws4_request/,
      ) as string,
    });
  });

  it('says why KMS refused', async () => {
    answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'no kms:Decrypt' } };
    await expect(keys().decryptByKms(ARN, Buffer.of(1), never)).rejects.toThrow(
      /AccessDeniedException: no kms:Decrypt/,
    );
    answer = { status: 403, body: {} };
    await expect(keys().decryptByKms(ARN, Buffer.of(1), never)).rejects.toThrow('kms:Decrypt: HTTP 403');
    expect(invalidated).toBe(1);
  });

  it('stops waiting when nobody wants the model any more', async () => {
    const reason = new Error('enough');
    await expect(keys().decryptByKms(ARN, Buffer.of(1), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('is the only way without a folder of keys', async () => {
    await expect(keys().deviceKey('one')).rejects.toThrow(/TrustedKeysFolder of edgeml.InferenceAgent/);
  });
});
