/**
 * Position in `struct OrtApi`, result and parameters of the functions that are used here. The struct only ever grows at its end, so that
 * a library of any later version has them in the same places. A handle is an address; `out` takes what the function returns.
 * Source: onnxruntime_c_api.h, ORT_API_VERSION 24.
 */
export const API_VERSION = 24;

const HANDLE = 'uintptr_t';
const OUT = 'void *';
const TEXT = 'const char *';
const TEXTS = 'const char **';
const SIZE = 'size_t';

export const FUNCTIONS = {
  GetErrorMessage: [2, TEXT, [HANDLE]],
  CreateEnv: [3, HANDLE, ['int', TEXT, OUT]],
  CreateSessionFromArray: [8, HANDLE, [HANDLE, OUT, SIZE, HANDLE, OUT]],
  Run: [9, HANDLE, [HANDLE, HANDLE, TEXTS, OUT, SIZE, TEXTS, SIZE, OUT]],
  CreateSessionOptions: [10, HANDLE, [OUT]],
  EnableProfiling: [14, HANDLE, [HANDLE, TEXT]],
  SetSessionLogSeverityLevel: [22, HANDLE, [HANDLE, 'int']],
  SetSessionGraphOptimizationLevel: [23, HANDLE, [HANDLE, 'int']],
  SetIntraOpNumThreads: [24, HANDLE, [HANDLE, 'int']],
  SetInterOpNumThreads: [25, HANDLE, [HANDLE, 'int']],
  SessionGetInputCount: [30, HANDLE, [HANDLE, OUT]],
  SessionGetOutputCount: [31, HANDLE, [HANDLE, OUT]],
  SessionGetInputTypeInfo: [33, HANDLE, [HANDLE, SIZE, OUT]],
  SessionGetOutputTypeInfo: [34, HANDLE, [HANDLE, SIZE, OUT]],
  SessionGetInputName: [36, HANDLE, [HANDLE, SIZE, HANDLE, OUT]],
  SessionGetOutputName: [37, HANDLE, [HANDLE, SIZE, HANDLE, OUT]],
  CreateTensorAsOrtValue: [48, HANDLE, [HANDLE, OUT, SIZE, 'int', OUT]],
  CreateTensorWithDataAsOrtValue: [49, HANDLE, [HANDLE, OUT, SIZE, OUT, SIZE, 'int', OUT]],
  GetTensorMutableData: [51, HANDLE, [HANDLE, OUT]],
  FillStringTensor: [52, HANDLE, [HANDLE, TEXTS, SIZE]],
  GetStringTensorDataLength: [53, HANDLE, [HANDLE, OUT]],
  GetStringTensorContent: [54, HANDLE, [HANDLE, OUT, SIZE, OUT, SIZE]],
  CastTypeInfoToTensorInfo: [55, HANDLE, [HANDLE, OUT]],
  GetTensorElementType: [60, HANDLE, [HANDLE, OUT]],
  GetDimensionsCount: [61, HANDLE, [HANDLE, OUT]],
  GetDimensions: [62, HANDLE, [HANDLE, OUT, SIZE]],
  GetTensorTypeAndShape: [65, HANDLE, [HANDLE, OUT]],
  CreateCpuMemoryInfo: [69, HANDLE, ['int', 'int', OUT]],
  AllocatorFree: [76, HANDLE, [HANDLE, HANDLE]],
  GetAllocatorWithDefaultOptions: [78, HANDLE, [OUT]],
  ReleaseStatus: [93, 'void', [HANDLE]],
  ReleaseSession: [95, 'void', [HANDLE]],
  ReleaseValue: [96, 'void', [HANDLE]],
  ReleaseTypeInfo: [98, 'void', [HANDLE]],
  ReleaseTensorTypeAndShapeInfo: [99, 'void', [HANDLE]],
  ReleaseSessionOptions: [100, 'void', [HANDLE]],
  SessionEndProfiling: [110, HANDLE, [HANDLE, HANDLE, OUT]],
  AddSessionConfigEntry: [130, HANDLE, [HANDLE, TEXT, TEXT]],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, HANDLE, [HANDLE, HANDLE]],
  CreateCUDAProviderOptions: [205, HANDLE, [OUT]],
  ReleaseCUDAProviderOptions: [208, 'void', [HANDLE]],
  SessionOptionsAppendExecutionProvider: [216, HANDLE, [HANDLE, TEXT, TEXTS, TEXTS, SIZE]],
  AddExternalInitializersFromFilesInMemory: [279, HANDLE, [HANDLE, TEXTS, OUT, OUT, SIZE]],
  RegisterExecutionProviderLibrary: [301, HANDLE, [HANDLE, TEXT, TEXT]],
  GetEpDevices: [303, HANDLE, [HANDLE, OUT, OUT]],
  SessionOptionsAppendExecutionProvider_V2: [304, HANDLE, [HANDLE, HANDLE, OUT, SIZE, TEXTS, TEXTS, SIZE]],
  HardwareDevice_Type: [307, 'int', [HANDLE]],
  EpDevice_EpName: [312, TEXT, [HANDLE]],
  EpDevice_Device: [316, HANDLE, [HANDLE]],
  Session_GetEpGraphAssignmentInfo: [407, HANDLE, [HANDLE, OUT, OUT]],
  EpAssignedSubgraph_GetEpName: [408, HANDLE, [HANDLE, OUT]],
  EpAssignedSubgraph_GetNodes: [409, HANDLE, [HANDLE, OUT, OUT]],
} as const;
