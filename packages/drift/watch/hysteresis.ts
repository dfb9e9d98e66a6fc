export interface HysteresisJson {
  readonly active: boolean;
  readonly streak: number;
}

/** Begins when the level was over 1 so many times in a row, and ends when it was under `end` as often: in between it stays as it is. */
export class Hysteresis {
  readonly #times: number;
  readonly #end: number;
  #active: boolean;
  #streak: number;

  constructor(times: number, end: number, { active, streak }: HysteresisJson = { active: false, streak: 0 }) {
    this.#times = times;
    this.#end = end;
    this.#active = active;
    this.#streak = streak;
  }

  get active(): boolean {
    return this.#active;
  }

  look(level: number): void {
    const points = this.#active ? level < this.#end : level >= 1;
    this.#streak = points ? this.#streak + 1 : 0;
    if (this.#streak < this.#times) return;
    this.#active = !this.#active;
    this.#streak = 0;
  }

  toJSON(): HysteresisJson {
    return { active: this.#active, streak: this.#streak };
  }
}
