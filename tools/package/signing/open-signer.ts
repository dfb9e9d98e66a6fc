import type { Signer } from '#packages/model-package';

import type { AwsClients } from '../source/aws-clients.ts';
import { fileSigner } from './private-key-file.ts';

export interface SignerChoice {
  /** PEM file. */
  readonly key?: string;
  /** Id, ARN or alias of a key in AWS KMS. */
  readonly kmsKey?: string;
  readonly keyId?: string;
}

/** The signer that was asked for; undefined if none was. @throws EdgeError `signing.*`, `signature.bad-key` */
export async function openSigner(
  { key, kmsKey, keyId }: SignerChoice,
  aws: AwsClients,
  signal: AbortSignal,
): Promise<Signer | undefined> {
  if (key !== undefined) return fileSigner(key, keyId);
  if (kmsKey === undefined) return undefined;
  const { kmsSigner } = await import('./kms-signer.ts');
  const region = /^arn:aws[a-z-]*:kms:([a-z0-9-]+):/.exec(kmsKey)?.[1];
  return kmsSigner(await aws.kms(region), kmsKey, keyId, signal);
}
