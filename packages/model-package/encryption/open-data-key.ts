import { messageOf } from '#packages/foundation';
import { packageErrors } from '../errors.ts';
import { parseDevicePrivateKey, unwrapForDevice } from './device-key.ts';
import type { Encryption, WrappedKey } from './encryption-schema.ts';
import { DATA_KEY_BYTES } from './sealed-file.ts';

export interface KeyHolder {
  /** Text of the private key of this id; undefined if this device does not have it. @throws EdgeError if it has and cannot take it */
  deviceKey(keyId: string): Promise<string | undefined>;
  /** Lets AWS KMS decrypt. @throws why it did not */
  decryptByKms(keyArn: string, wrapped: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/**
 * The data key of a package, in base64, from the first of its wrapped keys that this device can open: its own first, which need no network.
 * @param name of the package, for messages
 * @throws EdgeError `encryption.no-key` with what was tried; the signal's reason
 */
export async function openDataKey(
  name: string,
  { keys }: Encryption,
  holder: KeyHolder,
  signal: AbortSignal,
): Promise<string> {
  const reasons: string[] = [];
  for (const key of [...keys].sort((one, other) => one.kind.localeCompare(other.kind))) {
    try {
      const dataKey = await open(key, holder, signal);
      if (dataKey.length === DATA_KEY_BYTES) return Buffer.from(dataKey).toString('base64');
      reasons.push(`${nameOf(key)}: what it opens to is not a data key`);
    } catch (thrown) {
      signal.throwIfAborted();
      reasons.push(`${nameOf(key)}: ${messageOf(thrown)}`);
    }
  }
  const message = `the package ${name} is encrypted, and none of its keys can be opened here: ${reasons.join('; ')}`;
  throw packageErrors.error('encryption.no-key', message, { facts: { package: name, keys: keys.map(nameOf) } });
}

async function open(key: WrappedKey, holder: KeyHolder, signal: AbortSignal): Promise<Uint8Array> {
  if (key.kind === 'kms') return holder.decryptByKms(key.keyArn, Buffer.from(key.wrapped, 'base64'), signal);
  const text = await holder.deviceKey(key.keyId);
  if (text === undefined) throw new Error(`this device does not have ${key.keyId}.key`);
  const dataKey = unwrapForDevice(key, parseDevicePrivateKey(text, `${key.keyId}.key`));
  if (dataKey) return dataKey;
  throw new Error('it was not wrapped for the key of this device, or was changed');
}

function nameOf(key: WrappedKey): string {
  return key.kind === 'kms' ? key.keyArn : `device key ${key.keyId}`;
}
