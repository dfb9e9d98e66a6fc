import { createPublicKey } from 'node:crypto';
import { DecryptCommand } from '@aws-sdk/client-kms';
import { awsFailure } from '#packages/aws';
import { keyIdOf, parseDevicePrivateKey } from '#packages/model-package';
import type { DeviceKey, KeyHolder } from '#packages/model-package';
import { readGiven } from '../files.ts';
import type { AwsClients } from '../source/aws-clients.ts';

/** @throws EdgeError `packaging.file-unreadable`, `encryption.bad-key` */
export async function givenKeys(files: readonly string[]): Promise<readonly DeviceKey[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = (await readGiven(file)).toString('utf8');
      return { keyId: keyIdOf(createPublicKey(parseDevicePrivateKey(text, file))), text };
    }),
  );
}

/** Opens packages with keys that the user gave, else by AWS KMS as whoever is logged in. */
export function holderOf(keys: readonly DeviceKey[], aws: AwsClients): KeyHolder {
  return {
    async deviceKey(keyId) {
      const key = keys.find((one) => one.keyId === keyId);
      if (key) return key.text;
      throw new Error('give the file of its private key with --decryption-key');
    },
    async decryptByKms(keyArn, wrapped, signal) {
      const client = await aws.kms(keyArn.split(':')[3]);
      const command = new DecryptCommand({ KeyId: keyArn, CiphertextBlob: wrapped });
      try {
        return (await client.send(command, { abortSignal: signal })).Plaintext ?? new Uint8Array();
      } catch (cause) {
        signal.throwIfAborted();
        const { code, reason } = awsFailure(cause);
        throw new Error(`kms:Decrypt: ${code}: ${reason}`, { cause });
      }
    },
  };
}
