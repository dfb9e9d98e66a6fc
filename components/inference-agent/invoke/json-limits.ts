import type { Tensor } from '#packages/vision';
import { agentErrors } from '../errors.ts';

/** As base64 this is just below the longest text that V8 makes, 2^29 - 24 characters. */
export const MAX_BASE64_BYTES = 400_000_000;
/** As numbers, each of at most 25 characters with its comma, likewise; strings by their bytes. */
export const MAX_JSON_ELEMENTS = 20_000_000;

/** @throws EdgeError `http.answer-too-large` if tensors are more than a text of base64 can hold */
export function requireFitsBase64(tensors: readonly Tensor[]): void {
  require(sum(tensors, ({ data }) => data.byteLength), MAX_BASE64_BYTES, 'bytes');
}

/** @throws EdgeError `http.answer-too-large` if tensors are more than a text of numbers can hold */
export function requireFitsJson(tensors: readonly Tensor[]): void {
  require(sum(tensors, ({ data }) => data.length), MAX_JSON_ELEMENTS, 'elements');
}

function sum(tensors: readonly Tensor[], sizeOf: (tensor: Tensor) => number): number {
  return tensors.reduce((total, tensor) => total + sizeOf(tensor), 0);
}

function require(size: number, allowed: number, what: 'bytes' | 'elements'): void {
  if (size <= allowed) return;
  const message = `the outputs of the model have ${size} ${what}, and an answer in JSON holds at most ${allowed}`;
  throw agentErrors.error('http.answer-too-large', message, { facts: { bytes: size, allowed } });
}
