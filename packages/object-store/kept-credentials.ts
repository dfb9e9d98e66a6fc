import { messageOf } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';
import { objectStoreErrors } from './errors.ts';
import type { StoreFailureFacts } from './errors.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Keys of the device's role, as a port. */
export interface CredentialSource {
  /** @throws EdgeError `store.no-credentials` */
  get(): Promise<Credentials>;
  /** Forgets what the store called expired. */
  invalidate(): void;
}

/** Keys are renewed this long before they end, while the old ones still work. */
const RENEW_BEFORE_MS = 300_000;

/** Keys kept until shortly before they end; while `ask` cannot give new ones the old ones serve on. */
export function keptCredentials(clock: Clock, ask: () => Promise<Credentials>): CredentialSource {
  let current: Credentials | undefined;
  let asking: Promise<Credentials> | undefined;
  const msLeft = (): number => (current?.expiration?.getTime() ?? Infinity) - clock.now();
  const renew = async (): Promise<Credentials> => {
    try {
      return (current = await ask());
    } catch (thrown) {
      if (current && msLeft() > 0) return current;
      throw thrown;
    }
  };
  return {
    get() {
      if (current && msLeft() > RENEW_BEFORE_MS) return Promise.resolve(current);
      return (asking ??= renew().finally(() => (asking = undefined)));
    },
    invalidate: () => (current = undefined),
  };
}

/** Why there are no keys. @param cause its message goes into the reason */
export function noCredentials(what: string, cause?: unknown): EdgeError {
  const reason = cause === undefined ? what : `${what}: ${messageOf(cause)}`;
  const facts: StoreFailureFacts = { fault: 'moment', code: 'NoCredentials', reason, nothingSent: true };
  return objectStoreErrors.error('store.no-credentials', `no credentials for the store: ${reason}`, { cause, facts });
}
