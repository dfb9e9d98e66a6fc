import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import type { KMSClient } from '@aws-sdk/client-kms';
import { algorithmOf, keyIdOf, publicKeyText } from '#packages/model-package';
import type { Signer } from '#packages/model-package';
import { awsFailure } from '#packages/aws';
import { packagingErrors } from '../errors.ts';

export interface KmsSigner extends Signer {
  /** The form for `TrustedKeys`. */
  readonly publicKey: string;
}

/**
 * Signs with a key in AWS KMS (key spec ECC_NIST_P256, usage SIGN_VERIFY): the private key never leaves it. KMS gets the
 * SHA-256 of the message (MessageType DIGEST), since messages over 4 kB are refused, and answers in DER.
 *
 * @param key id, ARN or alias of the key @param keyId default: fingerprint of its public key
 * @throws EdgeError `signing.kms`, `signature.bad-key`
 */
export async function kmsSigner(
  client: KMSClient,
  key: string,
  keyId: string | undefined,
  signal: AbortSignal,
): Promise<KmsSigner> {
  const found = await asked(key, 'GetPublicKey', signal, () =>
    client.send(new GetPublicKeyCommand({ KeyId: key }), { abortSignal: signal }),
  );
  if (found.PublicKey === undefined || found.KeyUsage !== 'SIGN_VERIFY') {
    const usage = found.KeyUsage ?? 'nothing known';
    throw packagingErrors.error('signing.kms', `the KMS key ${key} is for ${usage}, not for SIGN_VERIFY`, {
      facts: { key },
    });
  }
  const publicKey = createPublicKey({ key: Buffer.from(found.PublicKey), format: 'der', type: 'spki' });
  const algorithm = algorithmOf(publicKey, `KMS key ${key}`);
  if (algorithm !== 'ECDSA-P256-SHA256')
    throw packagingErrors.error(
      'signing.kms',
      `the KMS key ${key} signs with ${algorithm}; give one of ECC_NIST_P256`,
      { facts: { key } },
    );
  return {
    algorithm,
    keyId: keyId ?? keyIdOf(publicKey),
    publicKey: publicKeyText(publicKey),
    async sign(bytes, abort = signal) {
      const digest = createHash('sha256').update(bytes).digest();
      const request = {
        KeyId: key,
        Message: digest,
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      } as const;
      const { Signature } = await asked(key, 'Sign', abort, () =>
        client.send(new SignCommand(request), { abortSignal: abort }),
      );
      if (Signature === undefined)
        throw packagingErrors.error('signing.kms', `KMS gave no signature of ${key}`, {
          facts: { key, operation: 'Sign' },
        });
      return Signature;
    },
  };
}

async function asked<Answer>(
  key: string,
  what: string,
  signal: AbortSignal,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    signal.throwIfAborted();
    const { code, reason } = awsFailure(cause);
    const message = `kms:${what} with the key ${key} failed: ${code}: ${reason}`;
    throw packagingErrors.error('signing.kms', message, { cause, facts: { key, operation: what } });
  }
}
