import { LAYOUT } from '#packages/drift';
import type { Observation } from '#packages/drift';

/** Changes of a stream; left out: no change. */
export interface Change {
  /** Times the brightness, e.g. 0.3. */
  readonly light?: number;
  /** Times the contrast. */
  readonly contrast?: number;
  /** Octaves that are lost of the detail. */
  readonly blur?: number;
  /** Part of the view that is another one, 0 to 1. */
  readonly moved?: number;
  /** Added to the mean of the scores. */
  readonly scores?: number;
  /** Times the number of objects. */
  readonly objects?: number;
  /** Part of the objects that are of a class which was never seen. */
  readonly newClass?: number;
  /** Octaves by which objects are larger. */
  readonly size?: number;
  /** Of scenes of vectors: these move all in one direction, in deviations of single vectors. */
  readonly shift?: number;
  /** Of scenes of vectors: part of the pictures that show a kind which was never seen. */
  readonly newKind?: number;
}

/** The scene before a camera, minute by minute. */
export interface StreamScene {
  /** A minute goes by. */
  pass(): void;
  /** The picture of now. */
  look(atMs: number, change?: Change): Observation;
}

const DAY_MS = 86_400_000;
const CLASSES = 4;
const MINUTES_A_DAY = 1_440;
/** How much of the day's light, the weather and the traffic is that of the minute before: they last for days, hours and minutes. */
export const DAYS = Math.exp(-1 / (2 * MINUTES_A_DAY));
export const HOURS = Math.exp(-1 / 120);
const MINUTES = 0.7;

/**
 * A camera somewhere: by day and by night, with weather that lasts for hours and sometimes for days, shadows that wander, noise, and more objects by
 * day than by night. Every scene differs from the others; pictures that follow each other are much alike.
 */
export class Scene implements StreamScene {
  readonly #random: () => number;
  readonly #look: {
    readonly brightness: number;
    readonly swing: number;
    readonly contrast: number;
    readonly sharpness: number;
    readonly objects: number;
    readonly score: number;
  };
  readonly #classes: readonly number[];
  readonly #view: readonly number[];
  readonly #shadows: readonly number[];
  readonly #otherView: readonly number[];
  #season: number;
  #weather = 0;
  #haze = 0;
  #traffic = 0;
  #busy = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#look = {
      brightness: 90 + 50 * random(),
      swing: 10 + 30 * random(),
      contrast: -2 + random(),
      sharpness: -1 + 2 * random(),
      objects: 1 + 5 * random(),
      score: 0.7 + 0.15 * random(),
    };
    this.#season = this.#normal();
    this.#classes = Array.from({ length: CLASSES }, () => 0.2 + random());
    const view = (): number[] => Array.from({ length: LAYOUT.columns * LAYOUT.rows }, () => 20 * this.#normal());
    this.#view = view();
    this.#shadows = view().map((value) => 0.4 * value);
    this.#otherView = view();
  }

  pass(): void {
    this.#season = this.#following(this.#season, DAYS);
    this.#weather = this.#following(this.#weather, HOURS);
    this.#haze = this.#following(this.#haze, HOURS);
    this.#traffic = this.#following(this.#traffic, MINUTES);
    this.#busy = this.#following(this.#busy, HOURS);
  }

  look(atMs: number, change: Change = {}): Observation {
    const { brightness, swing, contrast, sharpness } = this.#look;
    const hour = (2 * Math.PI * (atMs % DAY_MS)) / DAY_MS;
    const day = -Math.cos(hour);
    const light =
      (brightness + swing * day + 8 * this.#season + 10 * this.#weather + 4 * this.#normal()) * (change.light ?? 1);
    const moved = change.moved ?? 0;
    const [sun, dim] = [Math.sin(hour), change.light ?? 1];
    const layout = new Uint8ClampedArray(this.#view.length);
    for (let at = 0; at < layout.length; at++) {
      const own = (this.#view[at] as number) + (this.#shadows[at] as number) * sun;
      const mixed = (1 - moved) * own + moved * (this.#otherView[at] as number);
      layout[at] = dim * (100 + mixed + 20 * (this.#random() - 0.5));
    }
    return {
      predictions: this.#predictions(day, change),
      picture: {
        brightness: clamp(light, 255),
        contrast: 2 ** (contrast - 0.3 * this.#haze + 0.1 * this.#normal()) * (change.contrast ?? 1),
        sharpness: 2 ** (sharpness - 0.2 * this.#haze + 0.1 * this.#normal() - (change.blur ?? 0)),
        layout: new Uint8Array(layout.buffer),
      },
    };
  }

  #predictions(day: number, change: Change): Observation['predictions'] {
    const crowd = 0.3 * this.#traffic + 0.2 * this.#busy;
    const rate = this.#look.objects * (1 + 0.6 * day) * Math.exp(crowd) * (change.objects ?? 1);
    return Array.from({ length: this.#poisson(rate) }, () => {
      const isNew = this.#random() < (change.newClass ?? 0);
      const mean = this.#look.score + (change.scores ?? 0) - (isNew ? 0.1 : 0);
      const side = 2 ** (-3.5 + 0.5 * this.#normal() + (change.size ?? 0) / 2);
      return {
        classId: isNew ? CLASSES : this.#class(),
        score: Math.max(0.3, clamp(mean + 0.1 * this.#normal(), 1)),
        box: [0, 0, side, side] as const,
      };
    });
  }

  #class(): number {
    let left = this.#random() * this.#classes.reduce((sum, weight) => sum + weight, 0);
    const found = this.#classes.findIndex((weight) => (left -= weight) <= 0);
    return Math.max(0, found);
  }

  #following(value: number, memory: number): number {
    return following(this.#random, value, memory);
  }

  #normal(): number {
    return normal(this.#random);
  }

  /** Knuth. */
  #poisson(rate: number): number {
    const limit = Math.exp(-rate);
    let [count, product] = [0, this.#random()];
    for (; product > limit; count++) product *= this.#random();
    return count;
  }
}

/** Wanders around 0 with a deviation of 1. */
export function following(random: () => number, value: number, memory: number): number {
  return memory * value + Math.sqrt(1 - memory * memory) * normal(random);
}

/** Numbers of a normal distribution, by the method of Box and Muller. */
const NORMALS = Float64Array.from({ length: 16_384 }, (_, at) => {
  const radius = Math.sqrt(-2 * Math.log((at + 0.5) / 16_384));
  return radius * Math.cos(2 * Math.PI * ((at * 0.618_033_988_749_895) % 1));
});

export function normal(random: () => number): number {
  return NORMALS[Math.floor(random() * NORMALS.length)] as number;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}
