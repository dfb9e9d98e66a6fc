import { readDeviceKey } from '#packages/model-package';
import type { KeyHolder } from '#packages/model-package';
import type { CredentialSource } from '#packages/object-store';
import { kmsDecrypt } from './kms-decrypt.ts';

export interface PackageKeysOptions {
  /** `TrustedKeysFolder` as it is now; empty for none. */
  readonly folder: () => string;
  readonly credentials: CredentialSource;
  /** Of AWS KMS. Default: that of the key's region. */
  readonly endpoint?: string;
}

/** The keys with which this device opens encrypted packages: files beside the trusted keys, and AWS KMS in the name of the device. */
export function packageKeys({ folder, credentials, endpoint }: PackageKeysOptions): KeyHolder {
  return {
    async deviceKey(keyId) {
      if (folder() !== '') return readDeviceKey(folder(), keyId);
      throw new Error('TrustedKeysFolder of edgeml.InferenceAgent, in which it would lie, is not set');
    },
    decryptByKms: (keyArn, wrapped, signal) =>
      kmsDecrypt(keyArn, wrapped, { credentials, signal, ...(endpoint === undefined ? {} : { endpoint }) }),
  };
}
