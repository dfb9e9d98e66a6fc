/** The only keys that the S3 test server takes. */
export const TEST_KEYS = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' } as const;
