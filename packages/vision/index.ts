export { createDecoder } from './decoders/create-decoder.ts';
export { Doubts } from './doubts.ts';
export { visionErrors } from './errors.ts';
export { boundsOf, checkGolden, holdsTensors } from './golden/check-golden.ts';
export type { GoldenCaseReport } from './golden/check-golden.ts';
export { boxIou, comparePredictions } from './golden/compare-predictions.ts';
export { compareTensors } from './golden/compare-tensors.ts';
export { parseExpected } from './golden/parse-expected.ts';
export { findAccelerators } from './hardware/find-accelerators.ts';
export type { AcceleratorKind } from './hardware/find-accelerators.ts';
export { ImagePreparer } from './image-preparer.ts';
export { loadModel, preparerOptions } from './load-model.ts';
export type {
  Fallback,
  Inference,
  LoadedModel,
  LoadOptions,
  NamedTensors,
  PictureStatistics,
  PreparedImage,
  ProviderShares,
  Tensor,
  TensorData,
  TensorInfo,
  TensorType,
} from './loaded-model.ts';
export type { Placement } from './resize/geometry.ts';
export { PlainResizer } from './resize/plain-resizer.ts';
export { WasmResizer } from './resize/wasm-resizer.ts';
export type { OptimizedCache } from './session/optimized-model.ts';
export { ARRAY_OF, elementsOf, fromElements } from './tensor/allocate.ts';
export { ELEMENT_TYPES } from './tensor/element-types.ts';
export { tensorOfBase64 } from './tensor/base64-tensor.ts';
export { shapeText } from './tensor/shape-text.ts';
export type { PlainType } from './tensor/allocate.ts';
export { npyOfTensor } from './tensor/npy-tensor.ts';
export { plainElements } from './tensor/plain-elements.ts';
export { readTensorFeeds } from './tensor/tensor-feeds.ts';
export { isTensorFile, readTensorFile } from './tensor/tensor-file.ts';
export { packBytes, packStrings, unpackStrings } from './tensor/string-elements.ts';
export { nativeRuntime } from './session/native-runtime.ts';
export { COMPONENTS_VARIABLE } from './session/c-api/plug-ins.ts';
export { inspectProvider } from './session/inspect-provider.ts';
export type { ProviderInspection } from './session/inspect-provider.ts';
export { modelSource } from './session/model-source.ts';
export { pluggedRuntime } from './session/c-api/plugged-runtime.ts';
export type { Runtime } from './session/session.ts';
export { openInputs } from './session/tensor-inputs.ts';
export { probeProvider } from './session/probe-provider.ts';
export type { ProviderProbe } from './session/probe-provider.ts';
export { Preprocessor } from './tensor/preprocessor.ts';
export { autotune } from './tuning/autotune.ts';
export type { Tuned } from './tuning/autotune.ts';
export { describeCandidate } from './tuning/candidates.ts';
