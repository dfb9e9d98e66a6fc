import type { AgentTensor, TensorData } from './agent-types.ts';
import { ValueError } from './exceptions.ts';

/** Arrays by the data types of Open Inference Protocol v2. Source: the protocol's "Tensor Data Types". */
const ARRAYS = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

interface BinaryTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: { readonly binary_data_size: number };
}

/** Body of an inference request. Source: Open Inference Protocol v2, "Binary Tensor Data Extension". */
export function inferBody(
  inputs: Readonly<Record<string, AgentTensor>>,
  outputs: readonly string[] | undefined,
  parameters: Readonly<Record<string, string | number | boolean>>,
): { readonly headBytes: number; readonly body: Buffer } {
  const parts = Object.entries(inputs).map(([name, tensor]) => ({ name, tensor, bytes: bytesOf(name, tensor) }));
  const head = {
    parameters: { ...parameters, binary_data_output: true },
    inputs: parts.map(({ name, tensor: { datatype, shape }, bytes }): BinaryTensor => {
      return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
    }),
    ...(outputs ? { outputs: outputs.map((name) => ({ name })) } : {}),
  };
  const text = Buffer.from(JSON.stringify(head));
  return { headBytes: text.length, body: Buffer.concat([text, ...parts.map(({ bytes }) => bytes)]) };
}

/** @throws whatever reading fails with: the answer is not one of the protocol */
export function inferAnswer(body: Buffer, headBytes: number): Readonly<Record<string, AgentTensor>> {
  const { outputs } = JSON.parse(body.toString('utf8', 0, headBytes)) as { readonly outputs: readonly BinaryTensor[] };
  let at = headBytes;
  return Object.fromEntries(
    outputs.map(({ name, datatype, shape, parameters }) => {
      const bytes = body.subarray(at, (at += parameters.binary_data_size));
      return [name, { datatype, shape, data: dataOf(datatype, bytes) }];
    }),
  );
}

function bytesOf(name: string, { datatype, data }: AgentTensor): Buffer {
  if (datatype === 'BYTES' && Array.isArray(data))
    return Buffer.concat((data as readonly (string | Uint8Array)[]).flatMap(element));
  const expected = Object.hasOwn(ARRAYS, datatype) ? ARRAYS[datatype as keyof typeof ARRAYS] : undefined;
  if (expected && data instanceof expected) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const wanted =
    datatype === 'BYTES'
      ? 'a list of texts or bytes'
      : (expected?.name ?? `one of ${Object.keys(ARRAYS).join(', ')}, BYTES`);
  throw new ValueError(`the data of the input "${name}" with the datatype "${datatype}" must be ${wanted}`);
}

function element(one: string | Uint8Array): readonly Uint8Array[] {
  const bytes = typeof one === 'string' ? Buffer.from(one) : one;
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
}

function dataOf(datatype: string, bytes: Buffer): TensorData {
  if (datatype === 'BYTES') {
    const elements: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const start = at + 4;
      at = start + bytes.readUInt32LE(at);
      elements.push(bytes.subarray(start, at));
    }
    return elements;
  }
  // A copy begins where every type may begin.
  return new ARRAYS[datatype as keyof typeof ARRAYS](Uint8Array.from(bytes).buffer);
}
