/** The parts of an AWS SDK error, of any service. */
export interface AwsFailure {
  /** The service's code, e.g. `NoSuchBucket`; without an answer that of the system or of the SDK, e.g. `ECONNREFUSED`. */
  readonly code: string;
  readonly reason: string;
  /** Of the answer; absent if none came. */
  readonly status?: number;
  readonly requestId?: string;
  /** Where a bucket is, when the store says that it is not where it was looked for. */
  readonly bucketRegion?: string;
}

/** Reads an error of the AWS SDK. Headers stay out: those of the request hold signatures. */
export function awsFailure(thrown: unknown): AwsFailure {
  const { name = 'Unknown', code = name, message, $metadata, $response, Region } = (thrown ?? {}) as SdkError;
  const reason = message || (typeof thrown === 'string' ? thrown : 'no reason given');
  const { httpStatusCode: status, requestId } = $metadata ?? {};
  if (status === undefined) return { code: codeOfSystem(name, code, reason), reason };
  const bucketRegion = $response?.headers?.['x-amz-bucket-region'] ?? Region;
  return {
    code: codeOfService(name, status),
    reason,
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(bucketRegion === undefined ? {} : { bucketRegion }),
  };
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  /** Of AuthorizationHeaderMalformed. */
  readonly Region?: string;
}

function codeOfSystem(name: string, code: string, reason: string): string {
  // @smithy/node-http-handler has no code for it.
  if (/did not establish a connection/.test(reason)) return 'NoConnection';
  return /Credential/.test(name) ? name : code;
}

/** Answers without a body have no code of their own. */
function codeOfService(name: string, status: number): string {
  if (!['Unknown', 'UnknownError', 'Error'].includes(name) && !/^\d+$/.test(name)) return name;
  return status === 403 ? 'AccessDenied' : status === 301 ? 'PermanentRedirect' : `HTTP ${status}`;
}
