import { median } from './measurement.ts';
import type { Measurement } from './measurement.ts';

/** Prints rows of figures and goals reached or missed. */
export class Report {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  line(text: string): void {
    this.#write(text);
  }

  /** Medians over the rounds. */
  row(title: string, rounds: readonly Measurement[]): void {
    if (rounds.length === 0) return;
    const of = (key: keyof Measurement): string => median(rounds.map((one) => one[key])).toFixed(1);
    this.#write(
      `  ${title.padEnd(38)} ${of('imagesPerSecond').padStart(6)} images/s  p50 ${of('p50Ms').padStart(5)} ms  p99 ${of('p99Ms').padStart(5)} ms  ` +
        `CPU ${of('cpuMs').padStart(5)} ms per image  memory ${of('memoryMb').padStart(5)} MB`,
    );
  }

  /** The median of the rounds' ratios, with the lowest and the highest. */
  goal(title: string, ratios: readonly number[], wanted: number, side: 'at least' | 'at most' = 'at least'): void {
    const value = median(ratios);
    const reached = side === 'at least' ? value >= wanted : value <= wanted;
    const word = Number.isNaN(value) ? 'unknown' : reached ? 'reached' : 'missed';
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    this.#write(`  ${word.padEnd(7)} ${title}: ${value.toFixed(2)} (${range}; goal ${side} ${wanted})`);
  }

  /** A ratio without a goal. */
  fact(title: string, ratios: readonly number[]): void {
    const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
    this.#write(`          ${title}: ${median(ratios).toFixed(2)} (${range})`);
  }
}
