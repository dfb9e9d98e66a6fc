import { elementsOf, fromFloat16Bits, unpackStrings } from '#packages/vision';
import type { InferenceOutput, InferenceResponse } from '#packages/http';
import type { Tensor } from '#packages/vision';
import { requireFitsJson } from '../../invoke/json-limits.ts';
import { dataTypeOf } from '../data-types.ts';
import type { InferAnswer } from '../open-inference.ts';

export interface InferAnswerBody {
  readonly body: Buffer;
  /** Length of the JSON if binary data follow it. */
  readonly headerBytes: number | undefined;
}

/**
 * Source: Open Inference Protocol v2, "Inference Response JSON Object" and "Binary Tensor Data Extension".
 * @throws EdgeError `http.answer-too-large`
 */
export function writeInferAnswer(answer: InferAnswer, isBinary: (output: string) => boolean): InferAnswerBody {
  const { model, version, id, outputs } = answer;
  const inJson = Object.entries(outputs).filter(([name]) => !isBinary(name));
  requireFitsJson(inJson.map(([, tensor]) => tensor));
  const binary: Uint8Array[] = [];
  const described = Object.entries(outputs).map(([name, tensor]): InferenceOutput => {
    const { type, shape, data } = tensor;
    const base = { name, datatype: dataTypeOf(type), shape };
    if (!isBinary(name)) return { ...base, data: plainElements(tensor) };
    binary.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return { ...base, parameters: { binary_data_size: data.byteLength } };
  });
  const head: InferenceResponse = {
    model_name: model,
    model_version: version,
    ...(id === '' ? {} : { id }),
    outputs: described,
  };
  const json = Buffer.from(JSON.stringify(head));
  return { body: Buffer.concat([json, ...binary]), headerBytes: binary.length > 0 ? json.length : undefined };
}

/** JSON does not have NaN and infinities: they become null. 64-bit integers that a JSON number cannot hold come as text. */
function plainElements({ type, shape, data }: Tensor): readonly unknown[] {
  switch (type) {
    case 'string':
      return unpackStrings(data as Uint8Array, elementsOf(shape));
    case 'bool':
      return Array.from(data as Uint8Array, (one) => one !== 0);
    case 'float16':
      return Array.from(data as Uint16Array, fromFloat16Bits);
    case 'int64':
    case 'uint64':
      return Array.from(data as BigInt64Array, (one) =>
        Number.isSafeInteger(Number(one)) ? Number(one) : String(one),
      );
    default:
      return Array.from(data as Float32Array);
  }
}
