export { safeEntryPath } from './archive/entry-path.ts';
export { unpackArchive } from './archive/unpack-archive.ts';
export { canonicalJson } from './canonical-json.ts';
export { leastInstanceMemory } from './instance-memory.ts';
export { cropSide, preparationOf } from './preparation.ts';
export type { Preparation } from './preparation.ts';
export {
  generateDeviceKey,
  parseDevicePrivateKey,
  parseDevicePublicKey,
  wrapForDevice,
} from './encryption/device-key.ts';
export type { DeviceKey } from './encryption/device-key.ts';
export type { Encryption, WrappedKey } from './encryption/encryption-schema.ts';
export { openDataKey } from './encryption/open-data-key.ts';
export type { KeyHolder } from './encryption/open-data-key.ts';
export { DATA_KEY_BYTES, sealFile } from './encryption/sealed-file.ts';
export { cosine, embeddingText, judgeEmbedding, unitVector, unknownEmbedding, vectorOf } from './embedding.ts';
export type { GalleryVector } from './embedding.ts';
export type { Box, HeatMap, KeyPoint, Mask, Point, Prediction, Quad, Timings } from './prediction.ts';
export { packageErrors } from './errors.ts';
export { fitPredictions, hasPixels } from './fit-predictions.ts';
export { judgeAnomaly } from './judge-anomaly.ts';
export { shortened } from './shorten-prediction.ts';
export { EDGE_MANIFEST_FILE, edgeManifestOf } from './reading/edge-manifest.ts';
export { hashFiles, packageHash, SIGNATURE_FILE } from './reading/hash-files.ts';
export type { FileHashes } from './reading/hash-files.ts';
export { DEFAULT_PACKAGE_LIMITS } from './reading/limits.ts';
export type { PackageLimits } from './reading/limits.ts';
export { listFiles } from './reading/list-files.ts';
export type { PackageFile } from './reading/list-files.ts';
export { packageChanged, PackageFiles } from './reading/package-files.ts';
export type { EncryptedFiles } from './reading/package-files.ts';
export { MANIFEST_FILE, readPackage } from './reading/read-package.ts';
export type { ModelPackage } from './reading/read-package.ts';
export { DECODERS, OUTPUT_FORMS, outputSchema } from './schema-output.ts';
export { mergeInput } from './schema-input.ts';
export { isCompiled, meantFor, runsOn } from './runs-on.ts';
export { manifestSchema, parseLabels, parseManifest, PROVIDERS } from './schema.ts';
export type {
  AnomalyOutput,
  ClassificationOutput,
  CtcOutput,
  DbOutput,
  EfficientDetOutput,
  EmbeddingOutput,
  GflHeadsOutput,
  GflTableOutput,
  CropStep,
  GoldenCase,
  InputSpec,
  ModelManifest,
  OutputSpec,
  PadStep,
  PictureStep,
  Provider,
  ResizeFilter,
  ResizeStep,
  SegmentationOutput,
  ScrfdOutput,
  SsdFinishedOutput,
  SsdOutput,
  SsdPerClassOutput,
  SsdRowsOutput,
  Task,
  TensorInputs,
  TensorInputSpec,
  Variant,
  Yolov3Output,
  Yolov5Output,
  Yolov8ObbOutput,
  Yolov8Output,
  Yolov8PoseOutput,
  Yolov8SegOutput,
  YoloxOutput,
  YunetOutput,
} from './schema.ts';
export {
  algorithmOf,
  generateSigningKey,
  keyIdOf,
  parsePrivateKey,
  parsePublicKey,
  publicKeyText,
} from './signature/keys.ts';
export { signFiles, verifySignedFiles } from './signature/signed-files.ts';
export { signPackage } from './signature/sign-package.ts';
export { parseSignatureFile } from './signature/signature-file.ts';
export { signedClaimsSchema } from './signature/signed-claims.ts';
export type { SignedClaims } from './signature/signed-claims.ts';
export { keySigner } from './signature/signer.ts';
export type { Signer } from './signature/signer.ts';
export { readDeviceKey } from './signature/trust-folder.ts';
export { SIGNATURE_POLICIES, validKeys, verifyPackage } from './signature/verify-package.ts';
export type { SignatureVerdict, SignedPackage, Trust } from './signature/verify-package.ts';
export { inputOf, outputOf } from './variant-specs.ts';
