import type { CaptureStatus } from './capture.ts';

export interface KnownCapture {
  readonly model: string;
  readonly status: CaptureStatus;
}

/** Finished captures that are remembered. */
const MAX_FINISHED = 10_000;

/** The outcome of each capture; of finished ones only the latest are kept. */
export class StatusBook {
  readonly #known = new Map<string, KnownCapture>();
  #finished = 0;

  get(captureId: string): KnownCapture | undefined {
    return this.#known.get(captureId);
  }

  set(captureId: string, model: string, status: CaptureStatus): void {
    this.forget(captureId);
    this.#known.set(captureId, { model, status });
    if (status === 'IN_PROGRESS') return;
    this.#finished++;
    if (this.#finished > MAX_FINISHED) this.#forgetOldest();
  }

  forget(captureId: string): void {
    const known = this.#known.get(captureId);
    if (!known) return;
    this.#known.delete(captureId);
    if (known.status !== 'IN_PROGRESS') this.#finished--;
  }

  #forgetOldest(): void {
    for (const [captureId, { status }] of this.#known) {
      if (status === 'IN_PROGRESS') continue;
      return this.forget(captureId);
    }
  }
}
