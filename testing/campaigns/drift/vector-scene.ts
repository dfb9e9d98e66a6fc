import { embeddingText } from '#packages/model-package';
import type { Observation } from '#packages/drift';
import { DAYS, following, HOURS, normal } from './scene.ts';
import type { Change, StreamScene } from './scene.ts';

const DAY_MS = 86_400_000;
const DIMENSIONS = 32;
const KINDS = 5;
const NO_CHANGE: Change = {};

/**
 * A camera whose model gives vectors: things of a few kinds come by, each near a center of its own, and light, weather and season move all
 * vectors. Some scenes are lit by lamps and some by the sun; how far apart the kinds are and how much noise there is differs from scene to scene.
 */
export class VectorScene implements StreamScene {
  readonly #random: () => number;
  readonly #center: readonly number[];
  readonly #kinds: readonly (readonly number[])[];
  readonly #weights: readonly number[];
  readonly #newKind: readonly number[];
  readonly #sun: readonly number[];
  readonly #clouds: readonly number[];
  readonly #seasons: readonly number[];
  readonly #shift: readonly number[];
  readonly #noise: number;
  #season: number;
  #weather = 0;

  constructor(random: () => number) {
    this.#random = random;
    const apart = 0.2 + 0.6 * random();
    const outdoors = random() < 0.5 ? 0 : 0.3 * random();
    this.#noise = 0.2 + 0.4 * random();
    this.#center = this.#direction(1);
    this.#kinds = Array.from({ length: KINDS }, () => this.#direction(apart));
    this.#weights = Array.from({ length: KINDS }, () => 0.2 + random());
    this.#newKind = this.#direction(apart);
    this.#sun = this.#direction(outdoors);
    this.#clouds = this.#direction(0.7 * outdoors);
    this.#seasons = this.#direction(0.1 * random());
    this.#shift = this.#direction(Math.hypot(apart, outdoors, this.#noise));
    this.#season = normal(random);
  }

  pass(): void {
    this.#season = following(this.#random, this.#season, DAYS);
    this.#weather = following(this.#random, this.#weather, HOURS);
  }

  look(atMs: number, { newKind = 0, shift = 0 } = NO_CHANGE): Observation {
    const day = -Math.cos((2 * Math.PI * (atMs % DAY_MS)) / DAY_MS);
    const kind = this.#random() < newKind ? this.#newKind : (this.#kinds[this.#kind()] as readonly number[]);
    const noise = this.#noise / Math.sqrt(DIMENSIONS);
    const vector = Float32Array.from(
      this.#center,
      (own, at) =>
        own +
        (kind[at] as number) +
        day * (this.#sun[at] as number) +
        this.#weather * (this.#clouds[at] as number) +
        this.#season * (this.#seasons[at] as number) +
        shift * (this.#shift[at] as number) +
        noise * normal(this.#random),
    );
    return { predictions: [{ classId: 0, score: 0, embedding: embeddingText(vector) }] };
  }

  #direction(length: number): readonly number[] {
    const values = Array.from({ length: DIMENSIONS }, () => normal(this.#random));
    const scale = length / Math.hypot(...values);
    return values.map((value) => scale * value);
  }

  #kind(): number {
    let left = this.#random() * this.#weights.reduce((sum, weight) => sum + weight, 0);
    return Math.max(
      0,
      this.#weights.findIndex((weight) => (left -= weight) <= 0),
    );
  }
}
