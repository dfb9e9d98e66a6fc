import type { InvokeResult } from '#packages/http';

/** Nucleus lite drops larger messages without a word; the envelope takes its part of the 4 kB. */
const MAX_BYTES = 3_600;

/** A result that fits into one message: predictions with the lowest scores go, and raw tensors always do. */
export function fitReply(result: InvokeResult): InvokeResult {
  const { outputs: _outputs, ...rest } = result;
  const sizes = rest.predictions.map((prediction) => Buffer.byteLength(JSON.stringify(prediction)) + 1);
  let room = MAX_BYTES - Buffer.byteLength(JSON.stringify({ ...rest, predictions: [], truncated: sizes.length }));
  const tooMany = sizes.findIndex((size) => (room -= size) < 0);
  if (tooMany < 0) return rest;
  return { ...rest, predictions: rest.predictions.slice(0, tooMany), truncated: sizes.length - tooMany };
}
