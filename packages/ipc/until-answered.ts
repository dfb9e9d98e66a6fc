import { isEdgeError } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

/**
 * Repeats a call to the nucleus for as long as it only times out. A slow start of the device is not a reason to end:
 * three ends in a row make a component BROKEN. All other errors are passed on.
 */
export async function untilAnswered<T>(call: () => Promise<T>, log: Logger): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      if (!isEdgeError(thrown) || thrown.code !== 'ipc.timeout') throw thrown;
      log.warn({ error: thrown }, 'ipc.still-waiting');
    }
  }
}
