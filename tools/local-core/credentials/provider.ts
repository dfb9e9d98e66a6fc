import type { Clock } from '#packages/foundation';

import { coreErrors } from '../errors.ts';

/** Fetches fresh credentials; called again when the last ones are about to expire. */
export type CredentialProvider = (signal: AbortSignal) => Promise<Credentials>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

const HOUR_MS = 3_600_000;

/** Credentials that a local object store takes; made new each hour, as those of the cloud are. */
export function staticCredentials(
  clock: Clock,
  values: Partial<Omit<Credentials, 'expiresAt'>> = {},
): CredentialProvider {
  return async () => ({
    accessKeyId: values.accessKeyId ?? 'LOCALCORE',
    secretAccessKey: values.secretAccessKey ?? 'local-core-secret',
    sessionToken: values.sessionToken ?? 'local-core-session',
    expiresAt: clock.now() + HOUR_MS,
  });
}

/** The developer's own credentials, read at each fetch. Rejects with `credentials.missing`. */
export function environmentCredentials(
  clock: Clock,
  environment: Readonly<Record<string, string | undefined>>,
): CredentialProvider {
  return async () => {
    const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
    const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
    if (!accessKeyId || !secretAccessKey) {
      const missing = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
      throw coreErrors.error('credentials.missing', `${missing} is not set`);
    }
    const sessionToken = environment['AWS_SESSION_TOKEN'] ?? '';
    return { accessKeyId, secretAccessKey, sessionToken, expiresAt: clock.now() + HOUR_MS };
  };
}
