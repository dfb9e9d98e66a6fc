import process from 'node:process';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';

/** A connection that says nothing for this long is given up; the SDK then tries again, three times in all. */
const SILENCE_MS = 30_000;
const CONNECT_MS = 10_000;

/**
 * Clients with the standard configuration of the AWS SDKs: credential chain, AWS_REGION, AWS_ENDPOINT_URL and
 * AWS_ENDPOINT_URL_<SERVICE>. Made when first asked for, since loading one takes a while.
 */
export class AwsClients {
  readonly #region: string | undefined;
  readonly #open = new Map<string, { destroy(): void }>();

  constructor(region?: string) {
    this.#region = region;
  }

  /** @param region over the configured one, e.g. that of an ARN */
  s3(region?: string): Promise<S3Client> {
    return this.#once(`s3 ${region ?? ''}`, async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      // A store that is not Amazon's rarely has a name for each bucket.
      const elsewhere = (process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL']) !== undefined;
      return new S3Client({ ...this.#options(region), followRegionRedirects: true, forcePathStyle: elsewhere });
    });
  }

  sagemaker(region?: string): Promise<SageMakerClient> {
    return this.#once(`sagemaker ${region ?? ''}`, async () => {
      const { SageMakerClient } = await import('@aws-sdk/client-sagemaker');
      return new SageMakerClient(this.#options(region));
    });
  }

  kms(region?: string): Promise<KMSClient> {
    return this.#once(`kms ${region ?? ''}`, async () => {
      const { KMSClient } = await import('@aws-sdk/client-kms');
      return new KMSClient(this.#options(region));
    });
  }

  close(): void {
    for (const client of this.#open.values()) client.destroy();
    this.#open.clear();
  }

  #options(region: string | undefined) {
    const chosen = region ?? this.#region;
    return {
      ...(chosen === undefined ? {} : { region: chosen }),
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    };
  }

  async #once<Client extends { destroy(): void }>(key: string, make: () => Promise<Client>): Promise<Client> {
    const known = this.#open.get(key) as Client | undefined;
    if (known) return known;
    const client = await make();
    this.#open.set(key, client);
    return client;
  }
}
