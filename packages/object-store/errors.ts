import { entry, errorCatalog } from '#packages/foundation';

/** A failed upload's meaning for the next step. */
export type StoreFault =
  /** Nothing about this sample or bucket: try again later. */
  | 'moment'
  /** The bucket refuses: samples of other buckets may continue. */
  | 'destination'
  /** The object itself is refused. */
  | 'object'
  /** The keys have expired: get new ones. */
  | 'credentials';

/** Facts of every error of a store. */
export interface StoreFailureFacts {
  readonly fault: StoreFault;
  /** Error code of the store, e.g. `NoSuchBucket`; of the system if no answer came, e.g. `ECONNREFUSED`. */
  readonly code: string;
  readonly reason: string;
  readonly status?: number;
  /** No byte of the object can have left the device. */
  readonly nothingSent: boolean;
}

/** Why an object was not stored. */
export const objectStoreErrors = errorCatalog({
  'store.access-denied': entry<StoreFailureFacts>({
    todo: "Allow s3:PutObject on the bucket and prefix in the token exchange role of the device, and the use of the bucket's KMS key.",
  }),
  'store.busy': entry<StoreFailureFacts>({
    todo: 'The store asks for fewer requests or has an internal error. Uploads slow down and continue by themselves.',
  }),
  'store.clock-skew': entry<StoreFailureFacts>({
    todo: "The clock of the device is more than 15 minutes off. Uploads correct for it by themselves; set the device's clock all the same.",
  }),
  'store.destination-refused': entry<StoreFailureFacts>({
    todo: 'The store will not take objects in this bucket. Check its region (S3Region) and the reason given.',
  }),
  'store.foreign-answer': entry<StoreFailureFacts>({
    todo: 'The answer does not prove that it comes from the store and that the store has the object: often a captive portal or a proxy answers, which the device must pass first, or an S3Endpoint that gives neither SHA-256 checksums nor MD5 ETags. Data on the disk wait.',
  }),
  'store.no-credentials': entry<StoreFailureFacts>({
    todo: 'Deploy aws.greengrass.TokenExchangeService, and check the role alias of the device and the trust of its role.',
  }),
  'store.no-such-bucket': entry<StoreFailureFacts>({
    todo: 'Create the bucket, or correct s3-bucket-name in FeedbackConfigurationMap or BucketName of the agent; what waits follows the correction.',
  }),
  'store.object-refused': entry<StoreFailureFacts>({
    todo: 'The store will not take this object; after three refusals the sample is evicted and counted. Files of captured data stay on the disk.',
  }),
  'store.timeout': entry<StoreFailureFacts>({
    todo: 'The upload took longer than UploadTimeoutSeconds, or two minutes for captured data. It is repeated; on a slow link allow more time or send smaller samples.',
  }),
  'store.unreachable': entry<StoreFailureFacts>({
    todo: 'Samples on the disk wait until the store can be reached. Check the network, the region and S3Endpoint.',
  }),
});
