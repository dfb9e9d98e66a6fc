import { GreengrassV2Client } from '@aws-sdk/client-greengrassv2';
import { IoTClient } from '@aws-sdk/client-iot';
import { S3Client } from '@aws-sdk/client-s3';
import { awsCall } from './aws-call.ts';

/** The services that publishing and deploying need, all of one region. */
export interface CloudClients {
  readonly region: string;
  readonly greengrass: GreengrassV2Client;
  readonly iot: IoTClient;
  readonly s3: S3Client;
  close(): void;
}

export interface CloudOptions {
  /** Default: AWS_REGION, else the region of the profile. */
  readonly region?: string;
  /** Default: AWS_PROFILE, else `default`. */
  readonly profile?: string;
  /** For tests; default: AWS_ENDPOINT_URL, else AWS itself. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Tries of one call; throttled calls wait longer each time. Default 8. */
  readonly maxAttempts?: number;
}

/**
 * Clients with the credentials that the AWS SDK finds (environment, profile, SSO, role).
 *
 * @throws EdgeError `cloud.no-region`
 */
export async function connectCloud(options: CloudOptions = {}): Promise<CloudClients> {
  const { maxAttempts = 8, ...given } = options;
  // 'standard' backs off with full jitter; the checksum of an upload is computed by us, before anything is sent.
  const config = { maxAttempts, retryMode: 'standard', logger: SILENT, ...given } as const;
  const greengrass = new GreengrassV2Client(config);
  const iot = new IoTClient(config);
  const s3 = new S3Client({
    ...config,
    followRegionRedirects: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const region = await awsCall('Connecting to AWS', greengrass.config.region());
  return {
    region,
    greengrass,
    iot,
    s3,
    close: () => {
      for (const client of [greengrass, iot, s3]) client.destroy();
    },
  };
}

/** The SDK would write its remarks between the lines of a command; what matters comes as an error. */
const nothing = (): void => undefined;
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
