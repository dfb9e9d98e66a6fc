import { vectorOf } from '#packages/model-package';
import { Direction } from './direction.ts';
import { CLASS_BINS, LAYOUT, MAX_DIMENSIONS, PLAIN_FEATURES, SCALES } from './features.ts';
import type { PlainFeature } from './features.ts';
import { Histogram } from './histogram.ts';
import { countedPredictions } from './observation.ts';
import type { Observation } from './observation.ts';
import { EMBEDDING_UNIT, packed, unpacked } from './packed-direction.ts';
import { sketchSchema } from './sketch-schema.ts';
import type { SketchJson } from './sketch-schema.ts';

/**
 * Pictures and answers in exact counts of bounded size, about 2 kB and never more than 20. The sketch of a whole is the merge of the
 * sketches of its parts, in any order. JSON rounds the mean direction of vectors, and nothing else.
 */
export class Sketch {
  #images = 0;
  readonly #features: Readonly<Record<PlainFeature, Histogram>>;
  /** Scores by class, as far as there are any. */
  readonly #scores = new Map<number, Histogram>();
  #layout = new Direction(LAYOUT.columns * LAYOUT.rows);
  #embedding: Direction | undefined;

  constructor() {
    const pairs = PLAIN_FEATURES.map((name) => [name, new Histogram(SCALES[name])] as const);
    this.#features = Object.fromEntries(pairs) as Record<PlainFeature, Histogram>;
  }

  /** @throws z.ZodError for what `toJSON` has not given */
  static from(value: unknown): Sketch {
    const { images, scores, layout, embedding, ...features } = sketchSchema.parse(value);
    const sketch = new Sketch();
    sketch.#images = images;
    for (const name of PLAIN_FEATURES) sketch.#features[name].merge(Histogram.from(SCALES[name], features[name]));
    for (const [bin, pairs] of Object.entries(scores))
      sketch.#scores.set(Number(bin), Histogram.from(SCALES.score, pairs));
    sketch.#layout = Direction.from(layout);
    sketch.#embedding = embedding && unpacked(embedding);
    return sketch;
  }

  get images(): number {
    return this.#images;
  }

  get layout(): Direction {
    return this.#layout;
  }

  /** Mean direction of the vectors of a model of the task `embedding`; undefined if none was seen. */
  get embedding(): Direction | undefined {
    return this.#embedding;
  }

  feature(name: PlainFeature): Histogram {
    return this.#features[name];
  }

  /** Scores of a class, by `classId` modulo 64; undefined if it was never seen. */
  scoresOf(classBin: number): Histogram | undefined {
    return this.#scores.get(classBin);
  }

  /** Scores of all classes. */
  scores(): Histogram {
    const all = new Histogram(SCALES.score);
    for (const scores of this.#scores.values()) all.merge(scores);
    return all;
  }

  /** Predictions of each class. */
  classes(): Float64Array {
    return Float64Array.from({ length: CLASS_BINS }, (_, bin) => this.#scores.get(bin)?.total ?? 0);
  }

  add(observation: Observation): void {
    const { picture, predictions } = observation;
    this.#images++;
    const embedding = predictions[0]?.embedding;
    const vector = embedding === undefined ? undefined : vectorOf(embedding);
    if (vector) this.#embeddingOf(vector.length)?.addUnit(vector);
    const counted = countedPredictions(observation);
    this.#features.objects.add(counted.length);
    for (const { classId, score, box } of counted) {
      this.#scoresOf(classId % CLASS_BINS).add(score);
      if (box) this.#features.size.add(Math.max(0, (box[2] - box[0]) * (box[3] - box[1])));
    }
    if (!picture) return;
    this.#features.brightness.add(picture.brightness);
    this.#features.contrast.add(picture.contrast);
    this.#features.sharpness.add(picture.sharpness);
    this.#layout.add(picture.layout);
  }

  merge(other: Sketch): void {
    this.#images += other.#images;
    for (const name of PLAIN_FEATURES) this.#features[name].merge(other.#features[name]);
    for (const [bin, scores] of other.#scores) this.#scoresOf(bin).merge(scores);
    this.#layout.merge(other.#layout);
    if (other.#embedding) this.#embeddingOf(other.#embedding.dimensions)?.merge(other.#embedding);
  }

  toJSON(): SketchJson {
    const features = PLAIN_FEATURES.map((name) => [name, this.#features[name].toJSON()] as const);
    const scores = [...this.#scores].sort(([one], [other]) => one - other);
    return {
      images: this.#images,
      ...(Object.fromEntries(features) as Record<PlainFeature, readonly number[]>),
      scores: Object.fromEntries(scores.map(([bin, histogram]) => [String(bin), histogram.toJSON()])),
      layout: this.#layout.toJSON(),
      ...(this.#embedding ? { embedding: packed(this.#embedding) } : {}),
    };
  }

  /** Undefined for vectors that are too long, or longer or shorter than the first one. */
  #embeddingOf(dimensions: number): Direction | undefined {
    if (dimensions <= MAX_DIMENSIONS) this.#embedding ??= new Direction(dimensions, EMBEDDING_UNIT);
    return this.#embedding?.dimensions === dimensions ? this.#embedding : undefined;
  }

  #scoresOf(bin: number): Histogram {
    const known = this.#scores.get(bin) ?? new Histogram(SCALES.score);
    this.#scores.set(bin, known);
    return known;
  }
}
