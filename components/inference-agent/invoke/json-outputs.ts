import { elementsOf, plainElements } from '#packages/vision';
import type { NamedTensors } from '#packages/vision';
import type { TensorJson } from '#packages/http';
import { requireFitsBase64 } from './json-limits.ts';

/** More do not fit into a message. */
const MAX_VALUES = 64;

/** Raw output tensors in the form of the HTTP API: elements as base64, little-endian, row-major. @throws EdgeError `http.answer-too-large` */
export function outputsForJson(outputs: NamedTensors): Readonly<Record<string, TensorJson>> {
  requireFitsBase64(Object.values(outputs));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => {
      const { type, shape, data } = tensor;
      const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
      const values = elementsOf(shape) <= MAX_VALUES ? { values: plainElements(tensor) } : {};
      return [name, { type, shape, data: base64, ...values }];
    }),
  );
}
