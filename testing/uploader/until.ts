import { PATIENCE_MS } from '../patience.ts';

/** Lets everything that is under way settle until the condition holds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what} did not come true`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets everything that is under way settle. */
export async function settled(turns = 200): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}
