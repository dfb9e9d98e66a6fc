import { errorCatalogue } from '#packages/foundation';

export const storeErrors = errorCatalogue({
  'store.unreachable': {
    status: 503,
    todo: 'What is on the disk waits until the store can be reached. Check the network, the region and S3Endpoint.',
  },
  'store.timeout': {
    status: 504,
    todo: 'The upload took longer than UploadTimeoutSeconds. It is repeated; on a slow link allow more time or send smaller samples.',
  },
  'store.busy': {
    status: 503,
    todo: 'The store asks for fewer requests or has a fault of its own. Uploads go on more slowly by themselves.',
  },
  'store.no-credentials': {
    status: 503,
    todo: 'Deploy aws.greengrass.TokenExchangeService, and check the role alias of the device and the trust of its role.',
  },
  'store.clock-skew': {
    status: 503,
    todo: "The clock of the device is more than 15 minutes off. Uploads correct for it by themselves; set the device's clock all the same.",
  },
  'store.access-denied': {
    status: 403,
    todo: "Allow s3:PutObject on the bucket and prefix in the token exchange role of the device, and the use of the bucket's KMS key.",
  },
  'store.no-such-bucket': {
    status: 404,
    todo: 'Create the bucket, or correct s3-bucket-name in FeedbackConfigurationMap or BucketName of the agent; what waits follows the correction.',
  },
  'store.destination-refused': {
    status: 400,
    todo: 'The store will not take objects in this bucket. Check its region (S3Region) and the reason given.',
  },
  'store.object-refused': {
    status: 400,
    todo: 'The store will not take this object; after three refusals the sample is evicted and counted. Files of captured data stay on the disk.',
  },
});

/** What a failed upload means for what comes next. */
export type StoreFault =
  /** Nothing about this sample or bucket: try again later. */
  | 'moment'
  /** The bucket refuses: samples of other buckets may go on. */
  | 'destination'
  /** The object itself is refused. */
  | 'object'
  /** The keys are no good any more: get new ones. */
  | 'credentials';
