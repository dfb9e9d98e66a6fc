import type { Clock } from '../clock/clock.ts';

/** Does the work again and again, each time `ms` after it has ended, until the returned function is called. */
export function repeat(clock: Clock, ms: number, work: () => Promise<void>): () => void {
  let stopped = false;
  let cancel: () => void = () => undefined;
  const next = (): void => {
    if (stopped) return;
    cancel = clock.after(ms, () => void work().then(next, next));
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}
