import { EncryptCommand } from '@aws-sdk/client-kms';
import { awsFailure } from '#packages/aws';
import { keyIdOf, parseDevicePublicKey, wrapForDevice } from '#packages/model-package';
import type { WrappedKey } from '#packages/model-package';
import { packagingErrors } from '../errors.ts';
import { readGiven } from '../files.ts';
import type { AwsClients } from '../source/aws-clients.ts';

/** Somebody who may have the data key of an encrypted package. */
export interface Recipient {
  /** For the record of what was asked for. */
  readonly id: string;
  wrap(dataKey: Uint8Array, signal: AbortSignal): Promise<WrappedKey>;
}

const KMS_KEY = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key\//;

/**
 * @param choices files of public keys (`edgeml keygen --for encryption`), and ARNs of symmetric keys of AWS KMS
 * @throws EdgeError `packaging.file-unreadable`, `encryption.bad-key`
 */
export async function recipientsOf(choices: readonly string[], aws: AwsClients): Promise<readonly Recipient[]> {
  return Promise.all(
    choices.map(async (choice) => (KMS_KEY.test(choice) ? kmsRecipient(choice, aws) : deviceRecipient(choice))),
  );
}

async function deviceRecipient(file: string): Promise<Recipient> {
  const publicKey = parseDevicePublicKey((await readGiven(file)).toString('utf8'), file);
  return { id: keyIdOf(publicKey), wrap: async (dataKey) => wrapForDevice(dataKey, publicKey) };
}

function kmsRecipient(keyArn: string, aws: AwsClients): Recipient {
  return {
    id: keyArn,
    async wrap(dataKey, signal) {
      const client = await aws.kms(KMS_KEY.exec(keyArn)?.[1]);
      try {
        const command = new EncryptCommand({ KeyId: keyArn, Plaintext: dataKey });
        const { CiphertextBlob } = await client.send(command, { abortSignal: signal });
        if (!CiphertextBlob) throw new Error('KMS gave no ciphertext');
        return { kind: 'kms', keyArn, wrapped: Buffer.from(CiphertextBlob).toString('base64') };
      } catch (cause) {
        signal.throwIfAborted();
        const { code, reason } = awsFailure(cause);
        const message = `kms:Encrypt with the key ${keyArn} failed: ${code}: ${reason}`;
        throw packagingErrors.error('packaging.kms', message, { cause, facts: { key: keyArn } });
      }
    },
  };
}
