import type { NamedTensors } from '#packages/vision';
import type { TensorJson } from '#packages/http';
import { requireFitsBase64 } from './json-limits.ts';

/** Raw output tensors in the form of the HTTP API: elements as base64, little-endian, row-major. @throws EdgeError `http.answer-too-large` */
export function outputsForJson(outputs: NamedTensors): Readonly<Record<string, TensorJson>> {
  requireFitsBase64(Object.values(outputs));
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { type, shape, data }]) => [
      name,
      { type, shape, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') },
    ]),
  );
}
