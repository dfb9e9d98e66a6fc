import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

/** Waits take no time, but move the clock. */
export class WarpClock implements Clock {
  ahead = 0;
  now = (): number => Date.now() + this.ahead;
  monotonic = (): number => performance.now() + this.ahead;
  after(ms: number, callback: () => void): () => void {
    return systemClock.after(0, () => {
      this.ahead += ms;
      callback();
    });
  }
}
