import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

/** Waits cost no time, but time goes on by them. */
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
