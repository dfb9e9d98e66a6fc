import type { Clock } from '#packages/foundation';
import { keptCredentials, noCredentials } from './kept-credentials.ts';
import type { CredentialSource } from './kept-credentials.ts';

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

/** The service may have to ask the cloud first. */
const TIMEOUT_MS = 10_000;

/** Keys from the token exchange service, kept until shortly before they end. While it cannot give new ones the old ones serve on. */
export function tokenExchangeCredentials(options: TokenExchangeOptions): CredentialSource {
  return keptCredentials(options.clock, async () => {
    const endpoints = await endpointsOf(options);
    // Loaded with the first keys that somebody needs.
    const { fromHttp } = await import('@aws-sdk/credential-provider-http');
    let failure = noCredentials('AWS_CONTAINER_CREDENTIALS_FULL_URI is not set');
    for (const { uri, token } of endpoints) {
      try {
        return await fromHttp({
          awsContainerCredentialsFullUri: uri,
          awsContainerAuthorizationToken: token,
          timeout: TIMEOUT_MS,
          maxRetries: 0,
        })();
      } catch (thrown) {
        failure = noCredentials(`the token exchange service at ${uri} gave none`, thrown);
      }
    }
    throw failure;
  });
}

/** Ways to the service, the likeliest first. */
async function endpointsOf({ uri, token, announced }: TokenExchangeOptions): Promise<readonly TokenEndpoint[]> {
  const other = await announced?.();
  const own = uri !== undefined && token !== undefined ? { uri, token } : undefined;
  const all = [other, own].filter((endpoint) => endpoint !== undefined);
  return other && other.uri === own?.uri && other.token === own.token ? [other] : all;
}
