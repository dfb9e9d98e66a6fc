export { tokenExchangeCredentials } from './credentials.ts';
export type { TokenEndpoint } from './credentials.ts';
export type { FileBody, ObjectStore, PutObject, PutReceipt, S3Response } from './object-store.ts';
export { s3ObjectStore } from './s3-object-store.ts';
export { failureFacts, storeFailure } from './store-failure.ts';
export type { StoreFailure } from './store-failure.ts';
export type { StoreFailureFacts } from './errors.ts';
export { UploadAttempts } from './upload-attempts.ts';
export type { FailedAttempt } from './upload-attempts.ts';
