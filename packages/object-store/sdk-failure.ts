import type { StoreFailure } from './store-failure.ts';

export interface SdkFailure extends StoreFailure {
  /** Where the bucket is, when the store says that it is not where it was looked for. */
  readonly bucketRegion?: string;
}

/** What an error of the AWS SDK says: the store's code and status where it answered, the system's code where not. */
export function sdkFailure(thrown: unknown): SdkFailure {
  const { name, code, message, $metadata, $response, Region } = thrown as SdkError;
  const status = $metadata?.httpStatusCode;
  const reason = message || 'no reason given';
  if (status === undefined)
    return { code: CONNECT_TIMEOUT.test(reason) ? 'NoConnection' : (code ?? name ?? 'Unknown'), reason };
  const bucketRegion = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  return { code: codeOf(name, status), reason, status, ...(bucketRegion === undefined ? {} : { bucketRegion }) };
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  /** Of AuthorizationHeaderMalformed. */
  readonly Region?: string;
}

/** @smithy/node-http-handler has no code for it. */
const CONNECT_TIMEOUT = /did not establish a connection/;

/** Answers without a body have no code of their own. */
function codeOf(name: string | undefined, status: number): string {
  if (name !== undefined && name !== 'UnknownError' && name !== 'Error' && !/^\d+$/.test(name)) return name;
  return status === 403 ? 'AccessDenied' : status === 301 ? 'PermanentRedirect' : `HTTP ${status}`;
}
