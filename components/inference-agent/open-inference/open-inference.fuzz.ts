import type { ServiceDefinition } from '@grpc/proto-loader';
import { fromJSON } from '@grpc/proto-loader';
import { ok } from 'node:assert';
import type { TensorInfo } from '#packages/vision';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../../testing/fuzz/fuzz-target.ts';
import { bindInputs } from './bind-inputs.ts';
import { DECODING } from './grpc/decoding.ts';
import { readInferMessage } from './grpc/infer-messages.ts';
import type { InferMessage } from './grpc/messages.ts';
import { OPEN_INFERENCE_PROTO } from './grpc/open-inference-proto.gen.ts';
import { readInferBody } from './http/read-infer-body.ts';
import type { InferRequest } from './infer-request.ts';

const INPUTS: readonly TensorInfo[] = [
  { name: 'x', type: 'float32', shape: [-1, 2] },
  { name: 'ids', type: 'int64', shape: [-1] },
  { name: 'text', type: 'string', shape: [1] },
  { name: 'half', type: 'float16', shape: [2] },
];
const MAX_BYTES = 4_000_000;

const service = fromJSON(OPEN_INFERENCE_PROTO as never, DECODING)[
  'inference.GRPCInferenceService'
] as ServiceDefinition;
const call = service['ModelInfer']!;

const infer = {
  inputs: [
    { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] },
    { name: 'text', shape: [1], datatype: 'BYTES', data: ['a'] },
  ],
};
const binary = { inputs: [{ name: 'half', shape: [2], datatype: 'FP16', parameters: { binary_data_size: 4 } }] };
const message = {
  model_name: 'M',
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['1', '2'], contents: { fp32_contents: [1, 2] } }],
  outputs: [{ name: 'y' }],
};
const raw = {
  model_name: 'M',
  inputs: [{ name: 'ids', datatype: 'INT64', shape: ['1'] }],
  raw_input_contents: [Buffer.alloc(8)],
};

/** A first byte of 0 is gRPC's message; any other is the length of the JSON in a body by HTTP, in units of two, 255 for all of it. */
const target: FuzzTarget = {
  about: 'requests of Open Inference Protocol by HTTP and by gRPC, over sockets and the network',
  dictionary: [
    '"binary_data_size":',
    '"__proto__"',
    '"shape":[0,9007199254740991]',
    'BYTES',
    'BF16',
    'UINT64',
    'int64_contents',
    '"data":[[[',
    '1e999',
    '-1',
  ],
  seeds: () => [
    bodyOf(255, JSON.stringify(infer)),
    bodyOf(
      Math.ceil(JSON.stringify(binary).length / 2),
      JSON.stringify(binary).padEnd(2 * Math.ceil(JSON.stringify(binary).length / 2)),
      '\0\0\0\0',
    ),
    Buffer.concat([Buffer.from([0]), call.requestSerialize(message)]),
    Buffer.concat([Buffer.from([0]), call.requestSerialize(raw)]),
  ],
  run(bytes) {
    const [way = 0] = bytes;
    const body = Uint8Array.from(bytes.subarray(1));
    const request =
      way === 0 ? byGrpc(body) : unlessRefused(() => readInferBody(body, way === 255 ? undefined : 2 * way).request);
    if (!request) return;
    unlessRefused(() =>
      bindInputs(request.inputs, INPUTS, {}, (size) => {
        ok(size <= MAX_BYTES, `it took ${size} bytes for a request of ${body.length}`);
        return new Uint8Array(size);
      }),
    );
  },
};
export default target;

function byGrpc(body: Uint8Array): InferRequest | undefined {
  let decoded: InferMessage;
  try {
    decoded = call.requestDeserialize(Buffer.from(body)) as InferMessage;
  } catch {
    return undefined; // gRPC's library answers that itself
  }
  return unlessRefused(() => readInferMessage(decoded));
}

function bodyOf(first: number, ...parts: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.concat([Buffer.from([first]), ...parts.map((part) => Buffer.from(part, 'latin1'))]));
}
