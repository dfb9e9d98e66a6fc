import type { TensorType } from '#packages/vision';

/** Source: Open Inference Protocol v2, "Tensor Data Types". */
const TYPE_OF = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Readonly<Record<string, TensorType>>;

export type DataType = keyof typeof TYPE_OF;

const NAME_OF = Object.fromEntries(Object.entries(TYPE_OF).map(([name, type]) => [type, name])) as Readonly<
  Record<TensorType, DataType>
>;

/** Name that the protocol has for a type of ONNX. */
export function dataTypeOf(type: TensorType): DataType {
  return NAME_OF[type];
}

/** Undefined for names that the protocol does not have. */
export function tensorTypeOf(name: string): TensorType | undefined {
  return Object.hasOwn(TYPE_OF, name) ? TYPE_OF[name as DataType] : undefined;
}
