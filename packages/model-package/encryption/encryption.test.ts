import { createPrivateKey, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { PackageFiles } from '../reading/package-files.ts';
import type { EncryptedFiles } from '../reading/package-files.ts';
import { generateDeviceKey, parseDevicePublicKey, unwrapForDevice, wrapForDevice } from './device-key.ts';
import { openDataKey } from './open-data-key.ts';
import type { KeyHolder } from './open-data-key.ts';
import { isSealed, sealFile, unsealFile } from './sealed-file.ts';

const KEY = randomBytes(32);
const MB = 1024 ** 2;
const copyOf = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
const never = new AbortController().signal;

describe('an encrypted file', () => {
  it.each([0, 1, MB - 1, MB, MB + 1, 3 * MB])('of %i bytes gives the same bytes again', (length) => {
    const plain = randomBytes(length);
    const sealed = sealFile(plain, 'model.onnx', KEY);
    expect(isSealed(sealed)).toBe(true);
    expect(plain.equals(unsealFile(copyOf(sealed), 'model.onnx', KEY) ?? Buffer.of(1))).toBe(true);
  });

  it('is another each time, and does not say what it was', () => {
    const plain = Buffer.alloc(100_000, 'weights ');
    const [one, other] = [sealFile(plain, 'model.onnx', KEY), sealFile(plain, 'model.onnx', KEY)];
    expect(one.includes('weights')).toBe(false);
    expect(one.equals(other)).toBe(false);
  });

  it('opens under no other name, with no other key, and with no bit changed', () => {
    const sealed = sealFile(randomBytes(5_000), 'model.onnx', KEY);
    expect(unsealFile(copyOf(sealed), 'other.onnx', KEY)).toBeUndefined();
    expect(unsealFile(copyOf(sealed), 'model.onnx', randomBytes(32))).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const changed = copyOf(sealed);
        changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(unsealFile(changed, 'model.onnx', KEY)).toBeUndefined();
      }),
    );
  });

  it('lets nobody cut it, add to it, or change the order of its pieces', () => {
    const piece = MB + 16;
    const head = 48;
    const sealed = sealFile(randomBytes(3 * MB), 'model.onnx', KEY);
    const part = (at: number): Buffer => sealed.subarray(head + at * piece, head + (at + 1) * piece);
    const start = sealed.subarray(0, head);
    for (const parts of [
      [start, part(0), part(1)],
      [start, part(0)],
      [start],
      [start, part(1), part(0), part(2)],
      [start, part(0), part(2)],
      [start, part(0), part(1), part(2), part(2)],
      [sealed, Buffer.of(0)],
    ])
      expect(unsealFile(copyOf(Buffer.concat(parts)), 'model.onnx', KEY)).toBeUndefined();
  });

  it('is read as what it was, or refused by name', async () => {
    const folder = await temporaryFolder();
    const dir = folder.path;
    try {
      await writeFile(join(dir, 'model.onnx'), sealFile(Buffer.from('model'), 'model.onnx', KEY));
      await writeFile(join(dir, 'plain.onnx'), 'plain');
      const dataKey = KEY.toString('base64');
      const read = async (name: string, encrypted?: EncryptedFiles) =>
        Buffer.from(await new PackageFiles(dir, undefined, encrypted).read(name)).toString();
      const listed = { files: ['model.onnx'], dataKey };
      expect(await read('model.onnx', listed)).toBe('model');
      expect(await read('plain.onnx', listed)).toBe('plain');
      await expect(read('model.onnx')).rejects.toMatchObject({ code: 'encryption.no-key' });
      const damaged = { code: 'encryption.damaged', facts: { file: expect.any(String) as string } };
      await expect(
        read('model.onnx', { ...listed, dataKey: randomBytes(32).toString('base64') }),
      ).rejects.toMatchObject(damaged);
      const other = { files: ['plain.onnx'], dataKey };
      // A plain file in the place of an encrypted one, and the other way round.
      await expect(read('plain.onnx', other)).rejects.toMatchObject(damaged);
      await expect(read('model.onnx', other)).rejects.toMatchObject(damaged);
    } finally {
      await folder.remove();
    }
  });
});

describe('the data key of a package', () => {
  const [own, other] = [generateDeviceKey(), generateDeviceKey()];
  const wrapped = wrapForDevice(KEY, parseDevicePublicKey(own.publicKey, 'own'));
  const kms = { kind: 'kms', keyArn: 'arn:aws:kms:eu-west-1:111122223333:key/one', wrapped: 'AAAA' } as const;
  const encryption = { algorithm: 'AES-256-GCM' as const, files: ['model.onnx'], keys: [kms, wrapped] };
  const holder = (holds: Partial<KeyHolder>): KeyHolder => ({
    deviceKey: async () => undefined,
    decryptByKms: () => Promise.reject(new Error('AccessDeniedException')),
    ...holds,
  });

  it('opens with the private key that it was wrapped for, and with no other', () => {
    expect(wrapped.keyId).toBe(own.keyId);
    expect(KEY.equals(unwrapForDevice(wrapped, createPrivateKey(own.privateKey)) ?? Buffer.of())).toBe(true);
    expect(unwrapForDevice(wrapped, createPrivateKey(other.privateKey))).toBeUndefined();
    const bytes = Buffer.from(wrapped.wrapped, 'base64');
    bytes[40] = (bytes[40] as number) ^ 1;
    const changed = { ...wrapped, wrapped: bytes.toString('base64') };
    expect(unwrapForDevice(changed, createPrivateKey(own.privateKey))).toBeUndefined();
  });

  it('is opened by the device itself before anybody is asked', async () => {
    const asked: string[] = [];
    const deviceKey = async (id: string) => (asked.push(id), own.privateKey);
    const opened = await openDataKey('p', encryption, holder({ deviceKey }), never);
    expect(opened).toBe(KEY.toString('base64'));
    expect(asked).toEqual([own.keyId]);
  });

  it('is opened by KMS if the device does not have a key', async () => {
    const decryptByKms = async (arn: string) => (arn === kms.keyArn ? KEY : Buffer.of());
    expect(await openDataKey('p', encryption, holder({ decryptByKms }), never)).toBe(KEY.toString('base64'));
  });

  it('is refused with every reason', async () => {
    await expect(openDataKey('p', encryption, holder({}), never)).rejects.toMatchObject({
      code: 'encryption.no-key',
      message: expect.stringMatching(/does not have .*\.key; arn:aws:kms.*: AccessDeniedException/) as string,
    });
    const deviceKey = async () => other.privateKey;
    await expect(openDataKey('p', encryption, holder({ deviceKey }), never)).rejects.toThrow(/not wrapped for the key/);
  });
});
