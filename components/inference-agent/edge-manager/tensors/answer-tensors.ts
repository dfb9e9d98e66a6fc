import type { NamedTensors, TensorInfo } from '#packages/vision';

import type { TensorMessage } from '../messages.ts';
import { DATA_TYPE_OF } from './data-types.ts';

/** The outputs in the model's order, always as bytes and with their shape: clients reshape by it. */
export function answerTensors(outputs: NamedTensors, order: readonly TensorInfo[]): readonly TensorMessage[] {
  return order.flatMap(({ name }) => {
    const tensor = outputs[name];
    if (!tensor) return [];
    const { type, shape, data } = tensor;
    return {
      tensor_metadata: { name: Buffer.from(name), data_type: DATA_TYPE_OF[type], shape },
      byte_data: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    };
  });
}
