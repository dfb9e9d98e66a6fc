import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import * as z from 'zod';
import type { Clock } from '#packages/foundation';
import { keptCredentials, noCredentials } from './kept-credentials.ts';
import type { Credentials, CredentialSource } from './kept-credentials.ts';

/** Settings with which a device without a nucleus asks for its keys; paths are absolute. */
interface RoleAliasSettings {
  /** `https://<host of iot:CredentialProvider>/role-aliases/<alias>/credentials` */
  readonly endpoint: string;
  readonly certificateFile: string;
  readonly privateKeyFile: string;
  /** Authority of the endpoint's certificate; empty: those that Node.js knows. */
  readonly authorityFile: string;
  /** For policies that name the thing; empty: not told. */
  readonly thingName: string;
}

export interface RoleAliasOptions {
  /** Asked each time. */
  readonly settings: () => RoleAliasSettings;
  readonly clock: Clock;
}

const TIMEOUT_MS = 10_000;

/** Source: docs.aws.amazon.com/iot/latest/developerguide/authorizing-direct-aws.html. */
const answerSchema = z.object({
  credentials: z.object({
    accessKeyId: z.string(),
    secretAccessKey: z.string(),
    sessionToken: z.string(),
    expiration: z.iso.datetime(),
  }),
});

/**
 * Keys of a role alias, for the certificate of an IoT thing: the way of devices without the token exchange service. The files are
 * read again for each renewal, so that certificates may be replaced.
 */
export function roleAliasCredentials({ settings, clock }: RoleAliasOptions): CredentialSource {
  return keptCredentials(clock, async () => {
    const now = settings();
    try {
      return await ask(now);
    } catch (thrown) {
      throw noCredentials(`${now.endpoint} gave none`, thrown);
    }
  });
}

async function ask(settings: RoleAliasSettings): Promise<Credentials> {
  const { endpoint, certificateFile, privateKeyFile, authorityFile, thingName } = settings;
  const [cert, key] = await Promise.all([readFile(certificateFile), readFile(privateKeyFile)]);
  const ca = authorityFile === '' ? undefined : await readFile(authorityFile);
  const headers = thingName === '' ? {} : { 'x-amzn-iot-thingname': thingName };
  const text = await get(endpoint, { cert, key, ...(ca ? { ca } : {}), headers });
  const { expiration, ...keys } = answerSchema.parse(JSON.parse(text)).credentials;
  return { ...keys, expiration: new Date(expiration) };
}

function get(endpoint: string, options: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(endpoint, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      buffer(response).then((body) => {
        if (response.statusCode === 200) resolve(body.toString());
        else reject(new Error(`status ${response.statusCode}: ${body.toString().slice(0, 300)}`));
      }, reject);
    });
    asked.on('error', reject).end();
  });
}
