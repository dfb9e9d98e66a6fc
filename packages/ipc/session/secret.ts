import { messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';

import { ipcErrors } from '../errors.ts';
import type { Caller } from './caller.ts';
import { isMissing, isUnsupported } from './fault-to-error.ts';

/** @throws EdgeError `ipc.no-secret`, and those of the caller */
export async function readSecret(caller: Caller, secretId: string): Promise<string> {
  try {
    const { secretValue } = (await caller.call('GetSecretValue', { secretId }, secretId)) as SecretAnswer;
    if (secretValue?.secretString !== undefined) return secretValue.secretString;
    const bytes = secretValue?.secretBinary ?? '';
    return (typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : Buffer.from(bytes)).toString('utf8');
  } catch (thrown) {
    if (!isMissing(thrown) && !isUnsupported(thrown)) throw thrown;
    throw noSecret(secretId, messageOf(thrown), thrown);
  }
}

export function noSecret(secretId: string, reason: string, cause?: unknown): EdgeError {
  return ipcErrors.error('ipc.no-secret', `there is no secret ${secretId} on this device: ${reason}`, {
    ...(cause === undefined ? {} : { cause }),
    facts: { secretId },
  });
}

interface SecretAnswer {
  /** The SDK hands bytes over, the plain socket their base64. */
  readonly secretValue?: { readonly secretString?: string; readonly secretBinary?: string | Uint8Array };
}
