import type { RawFrame } from '#packages/frames';

import { Background } from './background.ts';
import { watchedCells } from './cell-mask.ts';
import type { Polygon } from './cell-mask.ts';
import { LumaGrid } from './luma-grid.ts';

export interface MotionSettings {
  /** 0: only large, clear changes; 1: the least that noise leaves over. */
  readonly sensitivity: number;
  /** The gate ignores the inside of these polygons. */
  readonly masks: readonly Polygon[];
  /** A frame passes at least this often all the same; 0: only if something moves. */
  readonly everySeconds: number;
}

/** `moved`: something moves, or has until a moment ago; `due`: nothing moves, but a look is due; `unchanged`: not worth one. */
export type MotionVerdict = 'moved' | 'due' | 'unchanged';

export interface MotionStatistics {
  readonly isMoving: boolean;
  /** Frames by verdict since the start. */
  readonly moved: number;
  readonly due: number;
  readonly unchanged: number;
  /** Part of the watched picture that has changed, of the last frame, 0 to 1. */
  readonly changedShare: number;
}

/** A moving object is followed this long after it was last seen. */
const HOLD_MS = 1_000;
/** Motion that has begun continues with so much of what it takes to begin. */
const GOES_ON = 0.5;

/** Lets frames through while something moves before the camera. */
export class MotionGate {
  readonly #settings: MotionSettings;
  #scene: Scene | undefined;
  #lastLookMs = -Infinity;
  #movedMs = -Infinity;
  #passedMs = -Infinity;
  #changedShare = 0;
  readonly #counts = { moved: 0, due: 0, unchanged: 0 };

  constructor(settings: MotionSettings) {
    this.#settings = settings;
  }

  /** About 0.2 ms for 1920×1080. The first frame, and the first of another size, counts as moved. `nowMs` never goes back. */
  look(frame: RawFrame, nowMs: number): MotionVerdict {
    const verdict = this.#verdict(this.#isMoving(frame, nowMs), nowMs);
    if (verdict !== 'unchanged') this.#passedMs = nowMs;
    this.#counts[verdict]++;
    return verdict;
  }

  statistics(): MotionStatistics {
    const isMoving = this.#lastLookMs - this.#movedMs < HOLD_MS;
    return { isMoving, ...this.#counts, changedShare: this.#changedShare };
  }

  #verdict(isMoving: boolean, nowMs: number): MotionVerdict {
    if (isMoving) return 'moved';
    const { everySeconds } = this.#settings;
    return everySeconds > 0 && nowMs - this.#passedMs >= everySeconds * 1_000 ? 'due' : 'unchanged';
  }

  #isMoving(frame: RawFrame, nowMs: number): boolean {
    const seconds = Math.max(0, nowMs - this.#lastLookMs) / 1_000;
    const wasMoving = this.#lastLookMs - this.#movedMs < HOLD_MS;
    this.#lastLookMs = nowMs;
    if (!this.#scene?.grid.fits(frame)) {
      this.#scene = sceneOf(frame, this.#settings.masks);
      this.#changedShare = 1;
      this.#movedMs = nowMs;
      return true;
    }
    const { grid, background, watched, watchedCount } = this.#scene;
    const { threshold, share } = limitsOf(this.#settings.sensitivity);
    grid.read(frame);
    const changed = background.compare(grid.cells, watched, grid.columns, threshold, seconds);
    this.#changedShare = watchedCount === 0 ? 0 : changed / watchedCount;
    if (changed > 0 && this.#changedShare >= (wasMoving ? share * GOES_ON : share)) this.#movedMs = nowMs;
    return nowMs - this.#movedMs < HOLD_MS;
  }
}

interface Scene {
  readonly grid: LumaGrid;
  readonly background: Background;
  readonly watched: Uint8Array;
  readonly watchedCount: number;
}

function sceneOf(frame: RawFrame, masks: readonly Polygon[]): Scene {
  const grid = new LumaGrid(frame);
  grid.read(frame);
  const watched = watchedCells(grid.columns, grid.rows, masks);
  const watchedCount = watched.reduce((sum, one) => sum + one, 0);
  return { grid, background: new Background(grid.cells), watched, watchedCount };
}

/** At 0.5: 14 steps of brightness, on a thousandth of the picture, which is 46×46 pixels of 1920×1080. */
function limitsOf(sensitivity: number): { readonly threshold: number; readonly share: number } {
  return { threshold: 4 + 20 * (1 - sensitivity), share: 0.000_1 * 100 ** (1 - sensitivity) };
}
