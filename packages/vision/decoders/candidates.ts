/** Boxes over the threshold, as one array per property that grows and is used again: no object per box. */
export class Candidates {
  count = 0;
  /** Corners x0, y0, x1, y1 as fractions of the model's input. */
  boxes = new Float64Array(4 * 256);
  scores = new Float64Array(256);
  classes = new Int32Array(256);
  /** Where the decoder read the box from: the place of its first number, if the decoder says so. */
  places = new Int32Array(256);

  clear(): void {
    this.count = 0;
  }

  /** Boxes with a number that is none are left out: a broken export must not poison the sorting. */
  add(x0: number, y0: number, x1: number, y1: number, score: number, classId: number, place = 0): void {
    if (!Number.isFinite(x0 + y0 + x1 + y1)) return;
    if (this.count === this.scores.length) this.#grow();
    const at = this.count++;
    this.boxes[4 * at] = x0;
    this.boxes[4 * at + 1] = y0;
    this.boxes[4 * at + 2] = x1;
    this.boxes[4 * at + 3] = y1;
    this.scores[at] = score;
    this.classes[at] = classId;
    this.places[at] = place;
  }

  #grow(): void {
    const { boxes, scores, classes, places } = this;
    this.boxes = new Float64Array(2 * boxes.length);
    this.scores = new Float64Array(2 * scores.length);
    this.classes = new Int32Array(2 * classes.length);
    this.places = new Int32Array(2 * places.length);
    this.boxes.set(boxes);
    this.scores.set(scores);
    this.classes.set(classes);
    this.places.set(places);
  }
}
