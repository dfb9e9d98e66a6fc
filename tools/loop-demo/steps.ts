/** A step of the demo, and how long it took on this machine. */
export interface Step {
  readonly name: string;
  readonly seconds: number;
}

/** Runs steps one after the other and remembers how long each took. */
export class Steps {
  readonly done: Step[] = [];
  readonly #now: () => number;
  readonly #say: (what: string) => void;

  constructor(now: () => number, say: (what: string) => void) {
    this.#now = now;
    this.#say = say;
  }

  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const began = this.#now();
    this.#say(`${name} …`);
    const result = await work();
    const seconds = (this.#now() - began) / 1_000;
    this.done.push({ name, seconds });
    this.#say(`${name}: ${seconds.toFixed(0)} s`);
    return result;
  }
}
