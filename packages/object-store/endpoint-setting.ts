import { isLoopback } from '#packages/foundation';

/** Says what is wrong with the pair of settings; undefined if nothing is. */
export function endpointProblem({ S3Endpoint, S3AllowHttp }: EndpointSettings): string | undefined {
  if (S3AllowHttp || !isPlainHttp(S3Endpoint)) return undefined;
  return 'sends samples and the session token over the network in clear text: use https://, or set S3AllowHttp to true';
}

interface EndpointSettings {
  readonly S3Endpoint: string;
  readonly S3AllowHttp: boolean;
}

/** Whether requests to the URL cross a network without TLS; those to this machine do not. */
function isPlainHttp(endpoint: string): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && !isLoopback(hostname);
}
