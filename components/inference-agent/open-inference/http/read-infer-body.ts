import * as z from 'zod';
import { agentErrors } from '../../errors.ts';
import type { GivenTensor, InferRequest, TensorContent } from '../infer-request.ts';

const parameters = z.record(z.string(), z.union([z.boolean(), z.number(), z.string()]));

/** Body of an inference request. Source: Open Inference Protocol v2, "Inference Request JSON Object". */
export const inferBody = z.object({
  id: z.string().max(1024).optional(),
  parameters: parameters.optional(),
  inputs: z
    .array(
      z.object({
        name: z.string(),
        shape: z.array(z.number()).max(64),
        datatype: z.string(),
        parameters: parameters.optional(),
        /** Elements in row-major order, flat or nested by the axes. */
        data: z.array(z.unknown()).optional(),
      }),
    )
    .min(1)
    .max(10_000),
  outputs: z
    .array(z.object({ name: z.string(), parameters: parameters.optional() }))
    .max(10_000)
    .optional(),
});

export interface InferBody {
  readonly request: InferRequest;
  /** Whether an output is to come as binary data. */
  readonly isBinary: (output: string) => boolean;
}

/** Deeper than any tensor is nested. */
const MAX_DEPTH = 64;

/**
 * @param headerBytes length of the JSON at the start of the body, behind which the binary data of the inputs lie; undefined if all of
 *   it is JSON. Source: Open Inference Protocol v2, "Binary Tensor Data Extension"
 * @throws EdgeError `http.bad-request`
 */
export function readInferBody(body: Uint8Array, headerBytes: number | undefined): InferBody {
  if ((headerBytes ?? 0) > body.length)
    throw bad(`Inference-Header-Content-Length is ${headerBytes}, and the body has ${body.length} bytes`);
  const binary = headerBytes === undefined ? new Uint8Array(0) : body.subarray(headerBytes);
  const json = headerBytes === undefined ? body : body.subarray(0, headerBytes);
  const parsed = inferBody.safeParse(jsonOf(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(`the request is not an inference request: /${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { id = '', parameters: all = {}, inputs, outputs = [] } = parsed.data;
  let at = 0;
  const given = inputs.map((input): GivenTensor => {
    const { name, datatype, shape } = input;
    const size = input.parameters?.['binary_data_size'];
    if (size === undefined) return { name, datatype, shape, data: elementsOf(name, input.data) };
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || at + size > binary.length) {
      throw bad(`the input "${name}" has ${String(size)} bytes of binary data, and ${binary.length - at} are left`);
    }
    const bytes = binary.subarray(at, (at += size));
    return { name, datatype, shape, data: { kind: 'bytes', bytes } };
  });
  if (at !== binary.length) throw bad(`${binary.length - at} bytes of binary data belong to no input`);
  const asked = new Map(outputs.map(({ name, parameters: own }) => [name, own?.['binary_data']]));
  return {
    request: { id, parameters: all, inputs: given, outputs: outputs.map(({ name }) => name) },
    isBinary: (output) => (asked.get(output) ?? all['binary_data_output']) === true,
  };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw bad('the request is not JSON; binary data behind it need the header Inference-Header-Content-Length');
  }
}

function elementsOf(name: string, data: readonly unknown[] | undefined): TensorContent {
  if (!data) throw bad(`the input "${name}" has neither data nor binary_data_size`);
  const elements: (number | string | boolean)[] = [];
  const take = (value: unknown, depth: number): void => {
    if (Array.isArray(value) && depth < MAX_DEPTH) for (const one of value) take(one, depth + 1);
    else if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') elements.push(value);
    else throw bad(`the data of the input "${name}" are numbers, texts or booleans, nested ${MAX_DEPTH} deep at most`);
  };
  take(data, 0);
  return { kind: 'elements', elements };
}

function bad(message: string) {
  return agentErrors.error('http.bad-request', message);
}
