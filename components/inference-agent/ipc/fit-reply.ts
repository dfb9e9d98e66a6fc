import { outputsForMessage } from '#packages/http';
import type { InvokeResult, IpcResult } from '#packages/http';

/** Nucleus lite drops larger messages without a word; the envelope takes its part of the 4 kB. */
const MAX_BYTES = 3_600;

/** A result that fits into one message: predictions with the lowest scores go, and of tensors what is large. */
export function fitReply({ outputs, ...result }: InvokeResult): IpcResult {
  const bare: IpcResult = { ...result, predictions: [], truncated: result.predictions.length };
  const fitted = outputs && outputsForMessage(outputs, roomBeside({ ...bare, outputs: {} }));
  const tensors = fitted ? { outputs: fitted } : {};
  const sizes = result.predictions.map((prediction) => sizeOf(prediction) + 1);
  let room = roomBeside({ ...bare, ...tensors });
  const tooMany = sizes.findIndex((size) => (room -= size) < 0);
  if (tooMany < 0) return { ...result, ...tensors };
  const predictions = result.predictions.slice(0, tooMany);
  return { ...result, ...tensors, predictions, truncated: sizes.length - tooMany };
}

function roomBeside(result: IpcResult): number {
  return MAX_BYTES - sizeOf(result);
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
