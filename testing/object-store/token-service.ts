import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { TEST_KEYS } from './s3-server.ts';

export interface TokenService {
  readonly url: string;
  /** The tokens that clients presented, in order. */
  readonly tokens: readonly (string | undefined)[];
  close(): Promise<void>;
}

/** Stands in for aws.greengrass.TokenExchangeService; its keys are those of the S3 test server. */
export async function startTokenService(validMs = 3_600_000): Promise<TokenService> {
  const tokens: (string | undefined)[] = [];
  const server = http.createServer((request, response) => {
    tokens.push(request.headers.authorization);
    const body = {
      AccessKeyId: TEST_KEYS.accessKeyId,
      SecretAccessKey: TEST_KEYS.secretAccessKey,
      Token: 'session',
      Expiration: new Date(Date.now() + validMs).toISOString(),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/2016-11-01/credentialprovider/`,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
