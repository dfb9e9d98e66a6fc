import { packBytes } from '#packages/vision';
import { agentErrors } from '../../errors.ts';
import { dataTypeOf } from '../data-types.ts';
import type { InferRequest, Parameters, TensorContent } from '../infer-request.ts';
import type { InferAnswer } from '../open-inference.ts';
import type { ContentsMessage, InferMessage, ParametersMessage } from './messages.ts';

/** @throws EdgeError `open-inference.tensor-invalid` */
export function readInferMessage(message: InferMessage): InferRequest {
  const { id, inputs, outputs, raw_input_contents: raw } = message;
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalid(`there are ${inputs.length} inputs and ${raw.length} raw contents; each input needs its own`);
  }
  return {
    id,
    parameters: parametersOf(message.parameters),
    inputs: inputs.map(({ name, datatype, shape, contents }, index) => ({
      name,
      datatype,
      shape: shape.map(Number),
      data: raw.length > 0 ? { kind: 'bytes', bytes: raw[index] as Uint8Array } : contentOf(name, datatype, contents),
    })),
    outputs: outputs.map(({ name }) => name),
  };
}

export function writeInferMessage({ model, version, id, outputs }: InferAnswer) {
  const tensors = Object.entries(outputs);
  return {
    model_name: model,
    model_version: version,
    id,
    outputs: tensors.map(([name, { type, shape }]) => ({ name, datatype: dataTypeOf(type), shape })),
    raw_output_contents: tensors.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  };
}

export function parametersOf(message: ParametersMessage): Parameters {
  return Object.fromEntries(
    Object.entries(message).flatMap(([name, parameter]) => {
      const value = parameter[parameter.parameter_choice ?? ''];
      return ['boolean', 'number', 'string'].includes(typeof value) ? [[name, value as string]] : [];
    }),
  );
}

/** The field in which the elements of each type come. Source: Open Inference Protocol v2, "Tensor Data". */
const FIELD_OF: Readonly<Record<string, Exclude<keyof ContentsMessage, 'bytes_contents'>>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
};

function contentOf(name: string, datatype: string, contents: ContentsMessage | null): TensorContent {
  if (!contents) throw invalid(`the input "${name}" has neither contents nor raw contents`);
  if (datatype === 'BYTES') {
    return { kind: 'bytes', bytes: packBytes(contents.bytes_contents) };
  }
  const field = FIELD_OF[datatype];
  if (field === undefined)
    throw invalid(`elements of ${datatype.slice(0, 40)} come as raw contents only (input "${name}")`);
  if (field === 'int64_contents' || field === 'uint64_contents') {
    const numbers = contents[field].map(BigInt);
    const array = field === 'int64_contents' ? BigInt64Array.from(numbers) : BigUint64Array.from(numbers);
    return { kind: 'bytes', bytes: new Uint8Array(array.buffer) };
  }
  return { kind: 'elements', elements: contents[field] };
}

function invalid(message: string) {
  return agentErrors.error('open-inference.tensor-invalid', message);
}
