import { entry, errorCatalogue } from '#packages/foundation';
import type { StoreFailureFacts } from './store-failure.ts';

/** Why an object was not stored. */
export const objectStoreErrors = errorCatalogue({
  'store.access-denied': entry<StoreFailureFacts>({
    todo: "Allow s3:PutObject on the bucket and prefix in the token exchange role of the device, and the use of the bucket's KMS key.",
  }),
  'store.busy': entry<StoreFailureFacts>({
    todo: 'The store asks for fewer requests or has a fault of its own. Uploads go on more slowly by themselves.',
  }),
  'store.clock-skew': entry<StoreFailureFacts>({
    todo: "The clock of the device is more than 15 minutes off. Uploads correct for it by themselves; set the device's clock all the same.",
  }),
  'store.destination-refused': entry<StoreFailureFacts>({
    todo: 'The store will not take objects in this bucket. Check its region (S3Region) and the reason given.',
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
    todo: 'The upload took longer than UploadTimeoutSeconds. It is repeated; on a slow link allow more time or send smaller samples.',
  }),
  'store.unreachable': entry<StoreFailureFacts>({
    todo: 'What is on the disk waits until the store can be reached. Check the network, the region and S3Endpoint.',
  }),
});
