import { errorCatalogue } from '#packages/foundation';

/** Where a model comes from, and why it cannot be taken from there. */
export const sourceErrors = errorCatalogue({
  'package-source.invalid': {
    status: 400,
    todo: 'Give a .onnx file, a folder, a .zip, a .tar.gz, s3://bucket/key, or the ARN of a SageMaker training job or model package.',
  },
  'package-source.bucket-name': {
    status: 400,
    todo: 'Use a bucket whose name has 3 to 63 lower-case letters, digits and hyphens, and no dot: dots break TLS for virtual-hosted buckets.',
  },
  'package-source.not-found': {
    status: 404,
    todo: 'Check the path, the bucket and the key; for a version of an object, that it still exists.',
  },
  'package-source.denied': {
    status: 403,
    todo: 'Allow s3:GetObject on the object, kms:Decrypt on its key where it is encrypted with one, and sagemaker:Describe* for ARNs.',
  },
  'package-source.customer-key': {
    status: 422,
    todo: 'Store the object with SSE-S3 or SSE-KMS: a key that only the client has (SSE-C) cannot be used by a pipeline.',
  },
  'package-source.no-credentials': {
    status: 401,
    todo: 'Sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION.',
  },
  'package-source.not-ready': {
    status: 409,
    todo: 'Wait until the training job is Completed or the model package is registered and approved, then package it.',
  },
  'package-source.no-artifact': {
    status: 422,
    todo: 'Give the s3:// address of the model file itself.',
  },
  'package-source.changed': {
    status: 409,
    todo: 'The object was replaced while it was read. Run the command again.',
  },
  'package-source.too-large': {
    status: 413,
    todo: 'Take out of the source what the model does not need, or give --max-mb a higher value.',
  },
  'package-source.unreachable': {
    status: 503,
    todo: 'Check the network, AWS_REGION and AWS_ENDPOINT_URL; the reason given is that of the service.',
  },
});

/** What a package cannot be made of. */
export const packagingErrors = errorCatalogue({
  'packaging.no-model': {
    status: 422,
    todo: 'Export the model to ONNX (opset 13 or newer); other formats are not run on devices.',
  },
  'packaging.many-models': {
    status: 422,
    todo: 'Say in a model.json (--manifest) which files are variants of the model, or leave one .onnx in the source.',
  },
  'packaging.name': {
    status: 400,
    todo: 'Give --name with 1 to 63 letters and digits, hyphens only between them.',
  },
  'packaging.version': {
    status: 400,
    todo: 'Give --version as 1.2.3 (a semantic version of at most 30 characters).',
  },
  'packaging.component-name': {
    status: 400,
    todo: 'Give --component with 1 to 128 letters, digits, ".", "_" and "-".',
  },
  'packaging.manifest': {
    status: 422,
    todo: 'Correct the file given with --manifest: a JSON object with keys of model.json; `edgeml inspect --onnx` proposes one.',
  },
  'packaging.file-unreadable': { status: 422, todo: 'Check the path and that this user may read the file.' },
  'packaging.golden-failed': {
    status: 422,
    todo: 'The model does not give what its golden files expect. Correct the model or model.json, or make them anew with --golden.',
  },
  'packaging.golden-input': {
    status: 422,
    todo: 'Give --golden images that the model takes: JPEG, PNG, WebP or npy, each under its own name.',
  },
  'packaging.nothing-found': {
    status: 422,
    todo: 'A golden image on which nothing is found proves nothing. Give one with something on it, or correct the decoder and its thresholds.',
  },
  'packaging.version-taken': {
    status: 409,
    todo: 'Versions are immutable: devices keep what they have under a version. Give a new --version; --replace only for one that was never published.',
  },
  'packaging.recipe': {
    status: 422,
    todo: 'Shorten the description or the component name; the message names what the recipe may not hold.',
  },
});
