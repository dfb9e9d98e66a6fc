import type { TensorJson, TensorMessage } from './api/agent-api.ts';

/**
 * Outputs as messages carry them: without their bytes, and with the values of the smallest that fit. Undefined if not even their
 * shapes do.
 * @param room bytes of JSON
 */
export function outputsForMessage(
  outputs: Readonly<Record<string, TensorJson | TensorMessage>>,
  room: number,
): Readonly<Record<string, TensorMessage>> | undefined {
  const described = Object.entries(outputs).map(([name, { type, shape }]) => [name, { type, shape }] as const);
  const message = new Map<string, TensorMessage>(described);
  let left = room - sizeOf(Object.fromEntries(message));
  if (left < 0) return undefined;
  const valued = Object.entries(outputs)
    .flatMap(([name, { values }]) => (values ? [{ name, values, bytes: sizeOf({ values }) }] : []))
    .sort((a, b) => a.bytes - b.bytes);
  for (const { name, values, bytes } of valued) {
    left -= bytes;
    if (left < 0) break;
    const one = message.get(name);
    if (one) message.set(name, { ...one, values });
  }
  return Object.fromEntries(message);
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
