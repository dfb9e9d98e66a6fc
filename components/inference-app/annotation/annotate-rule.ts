import type { Prediction } from '#packages/model-package';

export const ANNOTATE_RULES = ['auto', 'always', 'interval', 'detections', 'on-change', 'never'] as const;

export interface AnnotateRuleSettings {
  readonly Keep: (typeof ANNOTATE_RULES)[number];
  readonly IntervalSeconds: number;
}

/** A picture that has been answered. */
export interface AnsweredPicture {
  readonly source: string;
  /** Of the kind that never ends: a camera, a stream, a video. */
  readonly isStream: boolean;
  readonly service: string;
  readonly predictions: readonly Prediction[];
  /** `clock.monotonic()` when it was taken. */
  readonly takenAtMs: number;
}

/** Which pictures are kept with their predictions drawn on. Each service's view of each source counts by itself. */
export class AnnotateRule {
  readonly #settings: () => AnnotateRuleSettings;
  readonly #kept = new Map<string, Kept>();

  constructor(settings: () => AnnotateRuleSettings) {
    this.#settings = settings;
  }

  /** Whether this one is to be kept; then it counts as kept. */
  wants(picture: AnsweredPicture): boolean {
    const { Keep: rule, IntervalSeconds: seconds } = this.#settings();
    const { isStream, predictions, takenAtMs } = picture;
    if (rule === 'never') return false;
    if (rule === 'always' || (rule === 'auto' && !isStream)) return true;
    if (rule !== 'interval' && rule !== 'on-change' && predictions.length === 0) return false;
    const key = JSON.stringify([picture.source, picture.service]);
    const last = this.#kept.get(key);
    const seen = rule === 'on-change' ? summaryOf(predictions) : '';
    if (last && takenAtMs - last.atMs < seconds * 1_000) return false;
    if (last && rule === 'on-change' && last.seen === seen) return false;
    this.#kept.set(key, { atMs: takenAtMs, seen });
    return true;
  }
}

interface Kept {
  readonly atMs: number;
  readonly seen: string;
}

/** The content of a picture, wherever it lies: how many of each class; of a whole picture's classes only the best counts. */
function summaryOf(predictions: readonly Prediction[]): string {
  const boxed = predictions.filter(({ box }) => box);
  const classes = (boxed.length > 0 ? boxed : predictions.slice(0, 1)).map(({ classId }) => classId);
  return classes.sort((a, b) => a - b).join();
}
