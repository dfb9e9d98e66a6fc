import { messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
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

/** Where the token exchange service is, and what it asks for. */
export interface TokenEndpoint {
  readonly uri: string;
  readonly token: string;
}

export interface TokenExchangeOptions {
  /** `AWS_CONTAINER_CREDENTIALS_FULL_URI`; the nucleus sets it where the token exchange service runs. */
  readonly uri: string | undefined;
  /** `AWS_CONTAINER_AUTHORIZATION_TOKEN` */
  readonly token: string | undefined;
  /** Another way to learn the endpoint, for components that may start before the service: asked each time, and tried first. */
  readonly announced?: () => Promise<TokenEndpoint | undefined>;
  readonly clock: Clock;
}

/** Keys are renewed this long before they end, while the old ones still work. */
const RENEW_BEFORE_MS = 300_000;
/** The service may have to ask the cloud first. */
const TIMEOUT_MS = 10_000;

/** Keys from the token exchange service, kept until shortly before they end. While it cannot give new ones the old ones serve on. */
export function tokenExchangeCredentials(options: TokenExchangeOptions): CredentialSource {
  const { clock } = options;
  let current: Credentials | undefined;
  let asking: Promise<Credentials> | undefined;
  const msLeft = (): number => (current?.expiration?.getTime() ?? Infinity) - clock.now();

  const ask = async (): Promise<Credentials> => {
    const endpoints = await endpointsOf(options);
    // Loaded with the first keys that somebody needs.
    const { fromHttp } = await import('@aws-sdk/credential-provider-http');
    let failure = none('AWS_CONTAINER_CREDENTIALS_FULL_URI is not set');
    for (const { uri, token } of endpoints) {
      try {
        current = await fromHttp({
          awsContainerCredentialsFullUri: uri,
          awsContainerAuthorizationToken: token,
          timeout: TIMEOUT_MS,
          maxRetries: 0,
        })();
        return current;
      } catch (thrown) {
        failure = none(`the token exchange service at ${uri} gave none: ${messageOf(thrown)}`, thrown);
      }
    }
    if (current && msLeft() > 0 && endpoints.length > 0) return current;
    throw failure;
  };
  return {
    get() {
      if (current && msLeft() > RENEW_BEFORE_MS) return Promise.resolve(current);
      return (asking ??= ask().finally(() => (asking = undefined)));
    },
    invalidate: () => (current = undefined),
  };
}

/** Ways to the service, the likeliest first. */
async function endpointsOf({ uri, token, announced }: TokenExchangeOptions): Promise<readonly TokenEndpoint[]> {
  const other = await announced?.();
  const own = uri !== undefined && token !== undefined ? { uri, token } : undefined;
  const all = [other, own].filter((endpoint) => endpoint !== undefined);
  return other && other.uri === own?.uri && other.token === own.token ? [other] : all;
}

function none(reason: string, cause?: unknown) {
  const facts: StoreFailureFacts = { fault: 'moment', code: 'NoCredentials', reason, nothingSent: true };
  return objectStoreErrors.error('store.no-credentials', `no credentials for the store: ${reason}`, {
    cause,
    facts,
  });
}
