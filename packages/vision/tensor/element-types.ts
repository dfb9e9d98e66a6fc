/**
 * Names of element types by their numbers, which are the same in files and in ONNX Runtime's interface. Types that no tensor here has keep a name for messages.
 * Source: onnx.proto, TensorProto.DataType; onnxruntime_c_api.h, ONNXTensorElementDataType.
 */
export const ELEMENT_TYPES: readonly string[] = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
];
