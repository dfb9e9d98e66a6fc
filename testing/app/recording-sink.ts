import type { Frame } from '../../components/inference-app/frame/frame.ts';
import type { FrameSink } from '../../components/inference-app/sources/image-source.ts';
import type { SkipReason } from '../../components/inference-app/statistics/skip-reason.ts';

/** Keeps what a source offers. */
export class RecordingSink implements FrameSink {
  readonly frames: Frame[] = [];
  readonly skipped: Partial<Record<SkipReason, number>> = {};
  outstanding = 0;
  readonly #waiting = new Set<() => void>();

  offer(frame: Frame): void {
    this.frames.push(frame);
  }

  skip(reason: SkipReason, count = 1): void {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + count;
  }

  async below(count: number): Promise<void> {
    while (this.outstanding >= count) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  answered(): void {
    this.outstanding = 0;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  get images(): readonly string[] {
    return this.frames.map((frame) => frame.image);
  }
}
