import { entry, errorCatalog } from '#packages/foundation';
import type { RecipeIssue } from '../recipe/issue.ts';

/** The result of running a variant. */
export interface VariantCheck {
  readonly file: string;
  readonly precision: string;
  /** `unchecked`: it is meant for other providers than the CPU of this machine. */
  readonly state: 'passed' | 'failed' | 'unchecked';
  /** In words: golden cases passed, or what differed. */
  readonly summary: string;
  /** Decode to predictions, slowest golden case, one thread of this machine. */
  readonly latencyMs?: number;
}

interface SourceFailureFacts {
  readonly source: string;
  readonly status?: number;
}

/** Why a model cannot be fetched, packaged or signed. */
export const packagingErrors = errorCatalog({
  'attestation.malformed': {
    todo: 'Fetch the .intoto.jsonl beside the artifact again, or publish again with --attest.',
  },
  'attestation.other-artifact': {
    todo: 'Fetch the artifact and the statements of one version; if they belong together, find out who changed the artifact.',
  },
  'attestation.untrusted': {
    todo: 'Give the public key of the publisher under the key id that the statement names; if it is right, find out who wrote the statement.',
  },
  'package-source.bucket-name': entry<{ readonly bucket: string }>({
    todo: 'Use a bucket whose name has 3 to 63 lower-case letters, digits and hyphens, and no dot: dots break TLS for virtual-hosted buckets.',
  }),
  'package-source.changed': entry<SourceFailureFacts>({
    todo: 'The object was replaced while it was read. Run the command again.',
  }),
  'package-source.customer-key': entry<{ readonly source: string }>({
    todo: 'Store the object with SSE-S3 or SSE-KMS: a key that only the client has (SSE-C) cannot be used by a pipeline.',
  }),
  'package-source.denied': entry<SourceFailureFacts>({
    todo: 'Allow s3:GetObject on the object, kms:Decrypt on its key if it is encrypted with one, and sagemaker:Describe* for ARNs.',
  }),
  'package-source.hash-missing': entry<{ readonly source: string }>({
    todo: 'Give the SHA-256 that its publisher names: --sha256 <64 hexadecimal digits>, or `sha256` of the model in edgeml.yaml.',
  }),
  'package-source.invalid': entry<{ readonly source: string }>({
    todo: 'Give a .onnx file, a folder, a .zip, a .tar.gz, an https:// address, s3://bucket/key, or the ARN of a SageMaker training job or model package.',
  }),
  'package-source.no-artifact': entry<{ readonly arn: string; readonly object?: string }>({
    todo: 'Give the s3:// address of the model file itself.',
  }),
  'package-source.no-credentials': entry<SourceFailureFacts>({
    todo: 'Sign in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_REGION.',
  }),
  'package-source.not-found': entry<SourceFailureFacts>({
    todo: 'Check the path, the bucket and the key; for a version of an object, that it still exists.',
  }),
  'package-source.not-ready': entry<{ readonly arn: string }>({
    todo: 'Wait until the training job is Completed or the model package is registered and approved, then package it.',
  }),
  'package-source.too-large': entry<{ readonly source: string; readonly maxBytes: number }>({
    todo: 'Take out of the source what the model does not need, or give --max-mb a higher value.',
  }),
  'package-source.unreachable': entry<SourceFailureFacts>({
    todo: 'Check the network and the address; for S3 and SageMaker AWS_REGION and AWS_ENDPOINT_URL. The reason given is that of the service.',
  }),
  'package-source.wrong-hash': entry<{ readonly source: string; readonly found: string; readonly wanted: string }>({
    todo: 'The file is not the one that was named, or was changed since. Find out which: then fetch it again, or give the new hash.',
  }),
  'packaging.baseline': {
    todo: 'Give --baseline a folder of pictures as the cameras take them by day and by night, a text file with one path a line, or `golden`.',
  },
  'packaging.beside': {
    todo: 'Give a folder, or s3://bucket/prefix/, with a few pictures that show what the model is for.',
  },
  'packaging.component-name': entry<{ readonly name: string }>({
    todo: 'Give --component with 1 to 128 letters, digits, ".", "_" and "-".',
  }),
  'packaging.file-unreadable': entry<{ readonly file: string }>({
    todo: 'Check the path and that this user may read the file.',
  }),
  'packaging.gallery': {
    todo: 'Give --gallery a folder with a folder of pictures for each name, and a model of the task embedding.',
  },
  'packaging.golden-failed': entry<{ readonly failed?: readonly VariantCheck[] }>({
    todo: 'The model does not give what its golden files expect. Correct the model or model.json, or make new ones with --golden.',
  }),
  'packaging.golden-input': {
    todo: 'Give --golden images that the model takes (JPEG, PNG, WebP, BMP, TIFF or npy), or an .npz with its inputs by name; each under its own name.',
  },
  'packaging.kms': entry<{ readonly key: string }>({
    todo: 'Give the ARN of a symmetric KMS key of usage ENCRYPT_DECRYPT, allow kms:Encrypt on it, and check the credentials.',
  }),
  'packaging.labels-shifted': entry<{ readonly pictures: readonly string[]; readonly reason: string }>({
    todo: 'Look at the pictures. Take the background row out of the labels, or set classOffset of output to 1; if the labels are right all the same, say so with --golden-seen.',
  }),
  'packaging.manifest': {
    todo: 'Correct the file given with --manifest: a JSON object with keys of model.json; `edgeml inspect --onnx` proposes one.',
  },
  'packaging.many-models': entry<{ readonly files: readonly string[] }>({
    todo: 'Say in a model.json (--manifest) which files are variants of the model, or leave one .onnx in the source.',
  }),
  'packaging.name': entry<{ readonly name: string }>({
    todo: 'Give --name with 1 to 63 letters and digits, hyphens only between them.',
  }),
  'packaging.no-model': entry<{ readonly files: readonly string[] }>({
    todo: 'Export the model to ONNX (opset 13 or newer); other formats are not run on devices.',
  }),
  'packaging.nothing-found': {
    todo: 'A golden image on which nothing is found proves nothing. Give one with something on it, or correct the decoder and its thresholds.',
  },
  'packaging.recipe': entry<{ readonly faults: readonly RecipeIssue[] }>({
    todo: 'Shorten the description or the component name; the message names what the recipe may not hold.',
  }),
  'packaging.undecided': entry<{ readonly keys: readonly string[] }>({
    todo: 'Say it with --manifest FILE, e.g. {"input": {"mean": 0, "std": 255}}; --assume takes what is usual, and the golden test then shows that it is right.',
  }),
  'packaging.version': entry<{ readonly version: string }>({
    todo: 'Give --version as 1.2.3 (a semantic version of at most 30 characters).',
  }),
  'packaging.version-taken': entry<{
    readonly component: string;
    readonly version: string;
    readonly there: string | null;
    readonly now: string;
  }>({
    todo: 'Versions are immutable: devices keep what they have under a version. Give a new --version; --replace only for one that was never published.',
  }),
  'signing.key-exists': entry<{ readonly file: string }>({
    todo: 'Keys are never overwritten. Give --out another path, or move the old key away.',
  }),
  'signing.key-exposed': entry<{ readonly file: string; readonly mode: string }>({
    todo: 'Anyone who can write a private key can replace it, and anyone who can read it can sign: run chmod 600 on it, and make a new pair if others had access.',
  }),
  'signing.key-unreadable': { todo: 'Check the path and that this user may read the file.' },
  'signing.kms': entry<{ readonly key: string; readonly operation?: string }>({
    todo: 'Give a KMS key of spec ECC_NIST_P256 and usage SIGN_VERIFY, allow kms:GetPublicKey and kms:Sign on it, and check AWS_REGION and the credentials.',
  }),
});
