import type { Counts } from '../../components/inference-app/statistics/statistics.ts';
import type { LocalCore } from '../../tools/local-core/local-core.ts';
import { APP } from '../device/collection.ts';

/** The application's log of its counters and everything else, as it comes. */
export class AppLog {
  /** One object per line of its log. */
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  #counts: Counts | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(core: LocalCore) {
    core.onLine(({ component, text }) => {
      if (component !== APP || !text.startsWith('{')) return;
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
      this.lines.push(line);
      if (line['event'] === 'app.statistics') this.#counts = line as unknown as Counts;
      for (const check of [...this.#waiting]) check();
    });
  }

  /** The last counters that were logged. */
  get counts(): Counts | undefined {
    return this.#counts;
  }

  /** Lines of an event. */
  of(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.filter((line) => line['event'] === event);
  }

  /** Resolves when the condition holds, looked at after each line; rejects with the signal. */
  until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (how: () => void): void => {
        this.#waiting.delete(check);
        signal.removeEventListener('abort', onAbort);
        how();
      };
      const check = (): void => void (condition() && done(resolve));
      const onAbort = (): void => done(() => reject(signal.reason as Error));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(check);
      if (signal.aborted) onAbort();
      else check();
    });
  }
}

export function skippedIn({ skipped }: Counts): number {
  return Object.values(skipped).reduce((sum, count) => sum + count, 0);
}
