import { Cusum } from '../distance/cusum.ts';
import { PLAIN_FEATURES } from '../sketch/features.ts';
import type { Histogram } from '../sketch/histogram.ts';
import type { Observation } from '../sketch/observation.ts';
import { Sketch } from '../sketch/sketch.ts';
import { compareSlot } from './compare-slot.ts';
import { compareWindow } from './compare-window.ts';
import type { WindowThresholds } from './compare-window.ts';
import { ratioOf } from './finding.ts';
import type { Finding } from './finding.ts';
import { Habits } from './habits.ts';
import { Hysteresis } from './hysteresis.ts';
import { causeOf, mainFinding } from './reason.ts';
import type { DriftCause, DriftReason } from './reason.ts';
import { savedWatchSchema } from './saved-watch.ts';
import type { SavedWatch } from './saved-watch.ts';

export interface WatchSettings extends WindowThresholds {
  /** Length of the window that is compared with the baseline: long enough for day and night to be in it. */
  readonly windowMs: number;
  /** Length of the slots after each of which the camera is judged. */
  readonly slotMs: number;
  /** Pictures that a window needs. */
  readonly minImages: number;
}

/** Something began or ended. */
export type DriftChange =
  | { readonly kind: 'began'; readonly cause: DriftCause; readonly drift: Drift }
  | { readonly kind: 'ended'; readonly cause: DriftCause; readonly reason: DriftReason; readonly sinceMs: number };

export interface Drift {
  readonly reason: DriftReason;
  readonly finding: Finding;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** A window is that many panes; with each pane that ends, the oldest one goes. */
const PANES = 8;
/** Pictures that a slot needs to be judged. */
const MIN_SLOT_IMAGES = 8;
/** Slots, and panes, in a row that begin and end a drift. */
const SLOTS_IN_A_ROW = 3;
const PANES_IN_A_ROW = 2;
/** A drift ends below these parts of its thresholds. */
const SLOT_ENDS = 0.6;
const PANE_ENDS = 0.8;
const TREND_ENDS = 0.5;
/** Differences between the means of windows below this part of the deviation between single pictures do not matter, nor those
 * below a tenth of a bin, which is finer than what the scale can tell. */
const LEAST_TREND = 0.1;
const LEAST_BINS = 0.1;
/** Pictures of one window that are counted at most: neighbors in a stream are much alike and tell little more. */
const MOST_IMAGES = 3_000;
const CAUSES: readonly DriftCause[] = ['camera', 'world'];
const TRENDS = [...PLAIN_FEATURES, 'scores'] as const;

/**
 * One stream of pictures and answers beside the baseline of its model.
 *
 * Every few minutes a slot ends: pictures beyond what the baseline has seen, or of another view, mean that something is wrong with the
 * camera. Slots that are fine are merged into panes and these into the window, whose distributions are compared with the baseline's, so that
 * a camera in the dark does not pass for a world that has changed. A trend is looked for from window to window.
 *
 * Time is given with each call, in milliseconds since the epoch.
 */
export class DriftWatch {
  readonly #baseline: Sketch;
  readonly #settings: WatchSettings;
  #slot = new Sketch();
  #slotStart: number;
  #panes: Sketch[] = [];
  #pane = new Sketch();
  #paneStart: number;
  /** Panes that have ended since the stream began, and those of them since the camera was last in trouble. */
  #ended = 0;
  #clean = 0;
  /** Slots of this pane in which something was wrong with the camera. */
  #troubled = 0;
  #lastMs = -Infinity;
  #camera = new Hysteresis(SLOTS_IN_A_ROW, SLOT_ENDS);
  #world = new Hysteresis(PANES_IN_A_ROW, PANE_ENDS);
  /** The cause that explains the change that the windows show. */
  #blamed: DriftCause = 'world';
  #habits = new Habits();
  /** The last whole window. */
  #before: Sketch | undefined;
  #trends: Readonly<Record<(typeof TRENDS)[number], Cusum>> = trendsOf(() => new Cusum());
  #slotFindings: readonly Finding[] = [];
  #windowFindings: readonly Finding[] = [];
  readonly #drifts = new Map<DriftCause, Drift>();

  constructor(baseline: Sketch, settings: WatchSettings, nowMs: number) {
    this.#baseline = baseline;
    this.#settings = settings;
    this.#slotStart = nowMs;
    this.#paneStart = nowMs;
  }

  /** Goes on with what `toJSON` gave, e.g. after a restart. @throws z.ZodError for anything else */
  static from(value: unknown, baseline: Sketch, settings: WatchSettings): DriftWatch {
    const saved = savedWatchSchema.parse(value);
    const watch = new DriftWatch(baseline, settings, saved.slotStart);
    watch.#paneStart = saved.paneStart;
    watch.#slot = Sketch.from(saved.slot);
    watch.#pane = Sketch.from(saved.pane);
    watch.#panes = saved.panes.map((pane) => Sketch.from(pane));
    watch.#ended = saved.ended;
    watch.#clean = saved.clean;
    watch.#troubled = saved.troubled;
    watch.#camera = new Hysteresis(SLOTS_IN_A_ROW, SLOT_ENDS, saved.camera);
    watch.#world = new Hysteresis(PANES_IN_A_ROW, PANE_ENDS, saved.world);
    watch.#blamed = saved.blamed;
    watch.#habits = new Habits(saved.habits);
    watch.#before = saved.before && Sketch.from(saved.before);
    watch.#trends = trendsOf((name) => Cusum.from(saved.trends[name]));
    watch.#windowFindings = saved.windowFindings;
    watch.#slotFindings = saved.slotFindings;
    for (const [cause, drift] of saved.drifts) watch.#drifts.set(cause, drift);
    return watch;
  }

  get drifts(): ReadonlyMap<DriftCause, Drift> {
    return this.#drifts;
  }

  /** Pictures in the window, those of the pane that is not full yet among them. */
  get images(): number {
    return this.#panes.reduce((sum, { images }) => sum + images, this.#pane.images + this.#slot.images);
  }

  /** Whether a whole window has passed without trouble, so that its distributions are compared. */
  get isWarm(): boolean {
    return this.#clean >= PANES;
  }

  /** The last comparison, feature by feature. */
  get findings(): readonly Finding[] {
    return [...this.#slotFindings, ...this.#windowFindings, ...this.#trendFindings()];
  }

  /** Counts a picture, unless one was counted a moment ago. `observe` is called only then. */
  observe(nowMs: number, observe: () => Observation): readonly DriftChange[] {
    const changes = this.look(nowMs);
    if (nowMs - this.#lastMs < this.#settings.windowMs / MOST_IMAGES && nowMs >= this.#lastMs) return changes;
    this.#lastMs = nowMs;
    this.#slot.add(observe());
    return changes;
  }

  /** Ends the slots and panes whose time is over. */
  look(nowMs: number): readonly DriftChange[] {
    const { windowMs, slotMs } = this.#settings;
    // The clock was set, or the device was off for long: what was seen before says nothing of now.
    if (nowMs < this.#slotStart || nowMs - this.#slotStart > windowMs) this.#beginAnew(nowMs);
    const changes: DriftChange[] = [];
    while (nowMs >= this.#slotStart + slotMs) {
      this.#slotStart += slotMs;
      this.#endSlot();
      if (this.#slotStart >= this.#paneStart + windowMs / PANES) this.#endPane();
      changes.push(...this.#changes(this.#slotStart));
    }
    return changes;
  }

  toJSON(): SavedWatch {
    return {
      slotStart: this.#slotStart,
      paneStart: this.#paneStart,
      slot: this.#slot.toJSON(),
      pane: this.#pane.toJSON(),
      panes: this.#panes.map((pane) => pane.toJSON()),
      ended: this.#ended,
      clean: this.#clean,
      troubled: this.#troubled,
      camera: this.#camera.toJSON(),
      world: this.#world.toJSON(),
      blamed: this.#blamed,
      habits: this.#habits.toJSON(),
      before: this.#before?.toJSON(),
      trends: trendsOf((name) => this.#trends[name].toJSON()),
      slotFindings: this.#slotFindings,
      windowFindings: this.#windowFindings,
      drifts: [...this.#drifts],
    };
  }

  #beginAnew(nowMs: number): void {
    this.#slot = new Sketch();
    this.#pane = new Sketch();
    this.#panes = [];
    this.#ended = 0;
    this.#clean = 0;
    this.#troubled = 0;
    this.#slotStart = nowMs;
    this.#paneStart = nowMs;
  }

  #endSlot(): void {
    const slot = this.#slot;
    this.#slot = new Sketch();
    let level = 0;
    if (slot.images >= MIN_SLOT_IMAGES) {
      const views = this.#ended >= PANES ? this.#panes.map(({ layout }) => layout) : [];
      this.#slotFindings = compareSlot(this.#baseline, slot, views);
      level = levelOf(this.#slotFindings);
      this.#camera.look(level);
    }
    // A camera in the dark says nothing of the world.
    if (level < 1 && !this.#camera.active) this.#pane.merge(slot);
    else this.#troubled++;
  }

  #endPane(): void {
    const { windowMs, slotMs, minImages } = this.#settings;
    this.#panes = [...this.#panes, this.#pane].slice(-PANES);
    this.#pane = new Sketch();
    this.#paneStart = this.#slotStart;
    this.#ended++;
    // A window that lacks a part of the day is not like the baseline's.
    this.#clean = 2 * this.#troubled * slotMs > windowMs / PANES ? 0 : this.#clean + 1;
    this.#troubled = 0;
    if (!this.isWarm) return;
    const window = new Sketch();
    for (const pane of this.#panes) window.merge(pane);
    if (window.images < minImages) return;
    if (this.#clean % PANES === 0) this.#endWindow(window);
    this.#windowFindings = compareWindow(this.#baseline, this.#panes, this.#habits, this.#settings);
    if (this.#camera.active) return;
    const wasActive = this.#world.active;
    this.#world.look(levelOf(this.#ofCause('world', this.#windowFindings)));
    // Pictures differ from day to day: that alone is not drift. But where answers differ too, the pictures explain them.
    if (this.#world.active && !wasActive)
      this.#blamed = levelOf(this.#ofCause('camera', this.#windowFindings)) >= 1 ? 'camera' : 'world';
  }

  /** A whole window after the one before. */
  #endWindow(window: Sketch): void {
    if (this.#before && this.#clean > PANES) this.#habits.add(this.#baseline, this.#before, window);
    this.#before = window;
    for (const name of TRENDS) {
      const [of, now] = [momentsOf(this.#baseline, name), momentsOf(window, name)];
      if (of && now) this.#trends[name].add(now.mean, Math.max(LEAST_BINS, LEAST_TREND * of.deviation));
    }
  }

  #trendFindings(): readonly Finding[] {
    return TRENDS.map((feature) => {
      const { level, direction } = this.#trends[feature];
      return { feature, measure: 'cusum', value: level, threshold: 1, direction };
    });
  }

  #changes(nowMs: number): readonly DriftChange[] {
    return CAUSES.flatMap((cause): readonly DriftChange[] => {
      const known = this.#drifts.get(cause);
      const findings = this.#activeFindings(cause);
      const main = mainFinding(findings);
      if (main && !known) {
        const drift = { ...main, sinceMs: nowMs };
        this.#drifts.set(cause, drift);
        return [{ kind: 'began', cause, drift }];
      }
      if (main || !known) return [];
      this.#drifts.delete(cause);
      return [{ kind: 'ended', cause, reason: known.reason, sinceMs: known.sinceMs }];
    });
  }

  /** Findings of everything that drifts now by this cause. */
  #activeFindings(cause: DriftCause): readonly Finding[] {
    const isTrend = (finding: Finding): boolean => ratioOf(finding) >= (this.#drifts.has(cause) ? TREND_ENDS : 1);
    return [
      ...(cause === 'camera' && this.#camera.active ? this.#slotFindings : []),
      ...(this.#world.active && this.#blamed === cause ? this.#ofCause(cause, this.#windowFindings) : []),
      ...this.#ofCause(cause, this.#trendFindings()).filter(isTrend),
    ];
  }

  #ofCause(cause: DriftCause, findings: readonly Finding[]): readonly Finding[] {
    return findings.filter((finding) => causeOf(finding) === cause);
  }
}

function trendsOf<Value>(make: (name: (typeof TRENDS)[number]) => Value): Record<(typeof TRENDS)[number], Value> {
  return Object.fromEntries(TRENDS.map((name) => [name, make(name)])) as Record<(typeof TRENDS)[number], Value>;
}

function momentsOf(sketch: Sketch, name: (typeof TRENDS)[number]): ReturnType<Histogram['moments']> {
  return (name === 'scores' ? sketch.scores() : sketch.feature(name)).moments();
}

function levelOf(findings: readonly Finding[]): number {
  return Math.max(0, ...findings.map(ratioOf));
}
