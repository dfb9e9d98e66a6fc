import type { Clock } from '#packages/foundation';

/** Processor time of this process as a share of one core, in percent. */
export class CpuMeter {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #leastMs: number;
  #since: { readonly usage: NodeJS.CpuUsage; readonly at: number };
  #last: number | undefined;

  /** @param leastMs shortest time that it measures over, so that a busy minute is not news. Default: 0, since the last call. */
  constructor(clock: Pick<Clock, 'monotonic'>, leastMs = 0) {
    this.#clock = clock;
    this.#leastMs = leastMs;
    this.#since = { usage: process.cpuUsage(), at: clock.monotonic() };
  }

  /** Over the last complete time span; before there is one, since the beginning. */
  get percent(): number {
    const at = this.#clock.monotonic();
    const elapsedMs = at - this.#since.at;
    if (elapsedMs < this.#leastMs && this.#last !== undefined) return this.#last;
    const { user, system } = process.cpuUsage(this.#since.usage);
    const percent = ((user + system) / 1_000 / Math.max(1, elapsedMs)) * 100;
    if (elapsedMs < this.#leastMs) return percent;
    this.#since = { usage: process.cpuUsage(), at };
    return (this.#last = percent);
  }
}
