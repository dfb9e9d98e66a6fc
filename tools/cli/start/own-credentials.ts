import { S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { CredentialProvider } from '../../local-core/credentials/provider.ts';
import { cliErrors } from '../errors.ts';

const HOUR_MS = 3_600_000;

/**
 * The credentials that the token exchange of a local core gives to components: those that the AWS SDK finds on this machine (environment,
 * profile, SSO). They are asked for once here, so that a start without them ends before it has begun.
 *
 * @throws EdgeError `cli.no-credentials`
 */
export async function ownCredentials(clock: Clock): Promise<{ provider: CredentialProvider; region: string }> {
  const { config } = new S3Client({ region: process.env['AWS_REGION'] ?? 'us-east-1' });
  const provider: CredentialProvider = async () => {
    const { accessKeyId, secretAccessKey, sessionToken = '', expiration } = await config.credentials();
    return { accessKeyId, secretAccessKey, sessionToken, expiresAt: expiration?.getTime() ?? clock.now() + HOUR_MS };
  };
  await provider(AbortSignal.timeout(HOUR_MS)).catch((cause: unknown) => {
    const message = `--feedback needs credentials for the bucket, and there are none here: ${messageOf(cause)}`;
    throw cliErrors.error('cli.no-credentials', message, { cause });
  });
  return { provider, region: await config.region() };
}
