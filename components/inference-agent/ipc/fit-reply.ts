import { outputsForMessage } from '#packages/http';
import type { InvokeResult, IpcResult } from '#packages/http';
import { fitPredictions } from '#packages/model-package';

/** Nucleus lite drops larger messages without a word; the envelope takes its part of the 4 kB. */
const MAX_BYTES = 3_600;

/**
 * A result that fits into one message: of tensors what is large goes, then the masks of the lowest scores, then the predictions with the
 * lowest scores.
 */
export function fitReply({ outputs, ...result }: InvokeResult): IpcResult {
  const count = result.predictions.length;
  const bare: IpcResult = { ...result, predictions: [], truncated: count, withoutMask: count };
  const fitted = outputs && outputsForMessage(outputs, roomBeside({ ...bare, outputs: {} }));
  const tensors = fitted ? { outputs: fitted } : {};
  const { predictions, truncated, withoutMask } = fitPredictions(
    result.predictions,
    roomBeside({ ...bare, ...tensors }),
  );
  return {
    ...result,
    ...tensors,
    predictions,
    ...(truncated > 0 ? { truncated } : {}),
    ...(withoutMask > 0 ? { withoutMask } : {}),
  };
}

function roomBeside(result: IpcResult): number {
  return MAX_BYTES - Buffer.byteLength(JSON.stringify(result));
}
