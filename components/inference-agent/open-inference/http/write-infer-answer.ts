import { plainElements } from '#packages/vision';
import type { InferenceOutput, InferenceResponse } from '#packages/http';
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
