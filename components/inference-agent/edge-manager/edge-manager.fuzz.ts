import { ok } from 'node:assert';
import type { TensorInfo } from '#packages/vision';
import type { FuzzTarget } from '../../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../../testing/fuzz/fuzz-target.ts';
import { agentErrors } from '../errors.ts';
import type { PredictRequest } from './messages.ts';
import { agentService } from './server/agent-service.ts';
import type { SharedMemory } from './shared-memory/shared-memory.ts';
import { bindTensors } from './tensors/bind-tensors.ts';

const INPUTS: readonly TensorInfo[] = [
  { name: 'image', type: 'float32', shape: [1, 3, 2, 2] },
  { name: 'mask', type: 'uint8', shape: [-1, 4] },
  { name: 'text', type: 'string', shape: [1] },
];
const MAX_BYTES = 4_000_000;
const call = agentService()['Predict']!;
const named = (name: string, data_type: string, shape: readonly number[]) => ({
  name: Buffer.from(name),
  data_type,
  shape,
});

const target: FuzzTarget = {
  about: 'Predict of SageMaker Edge Manager, from any program on its socket',
  dictionary: ['image', 'mask', '\x0a\x05image', '\x10\x0a', '\x1a\x04', '\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01'],
  seeds: () =>
    [
      [{ tensor_metadata: named('image', 'FLOAT32', [1, 3, 2, 2]), byte_data: Buffer.alloc(48) }],
      [
        { tensor_metadata: named('mask', 'UINT8', [2, 4]), byte_data: Buffer.alloc(8) },
        { byte_data: Buffer.alloc(48) },
      ],
      [{ tensor_metadata: named('mask', 'UINT8', []), shared_memory_handle: { size: 8, offset: 0, segment_id: 7 } }],
    ].map((tensors) => call.requestSerialize({ name: 'M', handle: '1', tensors })),
  run(bytes) {
    let request: PredictRequest;
    try {
      request = call.requestDeserialize(Buffer.from(bytes)) as PredictRequest;
    } catch {
      return; // gRPC's library answers that itself
    }
    const takeMemory = (size: number): Uint8Array<ArrayBuffer> => {
      ok(size <= MAX_BYTES, `it took ${size} bytes for a request of ${bytes.length}`);
      return new Uint8Array(size);
    };
    for (const inputs of [INPUTS, INPUTS.slice(0, 1), INPUTS.slice(1, 2)]) {
      unlessRefused(() =>
        bindTensors(request.tensors, inputs, { takeMemory, sharedMemory: SEGMENT, onOtherShape: () => undefined }),
      );
    }
  },
};
export default target;

/** One segment of 64 bytes, whatever its number. */
const SEGMENT: SharedMemory = {
  size: () => 64,
  check: (_id, offset, bytes) => inside(offset, bytes),
  read: (_id, offset, into) => inside(offset, into.length),
};

function inside(offset: number, bytes: number): void {
  if (offset >= 0 && bytes >= 0 && offset + bytes <= 64) return;
  throw agentErrors.error('shared-memory.unsupported', 'it is outside of the segment');
}
