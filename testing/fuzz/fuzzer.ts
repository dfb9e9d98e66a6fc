import type { Random } from '../vision/fuzz/random.ts';
import type { Coverage } from './coverage.ts';
import type { FuzzTarget } from './fuzz-target.ts';
import { mutate } from './mutate.ts';
import { Reached } from './reached.ts';
import { runInput } from './run-input.ts';
import type { Finding } from './run-input.ts';

export interface FuzzerOptions {
  readonly target: FuzzTarget;
  readonly random: Random;
  /** Without it inputs are damaged blindly, since nothing says which of them led somewhere new. */
  readonly coverage?: Coverage | undefined;
  /** Called before each input, so that one that ends the process is known. */
  readonly onInput?: (input: Uint8Array) => void;
}

/** Inputs between two looks at the coverage, which cost more than they do. */
const BATCH = 96;

/**
 * Damages inputs and keeps those that reach code which no other input reached, to be damaged further: the idea of AFL
 * (Zalewski, "Technical whitepaper for afl-fuzz").
 */
export class Fuzzer {
  /** Inputs that each reached something new, in the order in which they did. */
  readonly corpus: Uint8Array[] = [];
  /** By key: the first finding of each cause. */
  readonly findings = new Map<string, Finding>();
  readonly #options: FuzzerOptions;
  readonly #reached = new Reached();
  #inputs = 0;

  constructor(options: FuzzerOptions) {
    this.#options = options;
  }

  /** Inputs that were run. */
  get inputs(): number {
    return this.#inputs;
  }

  /** Characters of code that any input reached. */
  get reached(): number {
    return this.#reached.size;
  }

  /** Runs inputs as they are: seeds, and what earlier runs kept. */
  async begin(inputs: readonly Uint8Array[]): Promise<void> {
    for (const input of inputs) {
      await this.#run(input);
      if (this.#options.coverage) await this.#keepIfNew(input);
      else this.corpus.push(input);
    }
    if (this.corpus.length === 0) this.corpus.push(new Uint8Array());
  }

  /** One batch of damaged inputs. */
  async step(): Promise<void> {
    const { coverage, random, target } = this.#options;
    const batch = Array.from({ length: BATCH }, () => {
      // Every other one of those that came last, which have been tried least.
      const recent = random.next() < 0.5 ? this.corpus.slice(-8) : this.corpus;
      return mutate(random.pick(recent), random, this.corpus, target.dictionary ?? []);
    });
    coverage?.take();
    for (const input of batch) await this.#run(input);
    // How often code ran in a whole batch says nothing of an input; that it ran at all does.
    if (!coverage || !this.#reached.isBehind(coverage.take())) return;
    for (const input of batch) {
      await this.#run(input);
      await this.#keepIfNew(input);
    }
  }

  async #run(input: Uint8Array): Promise<void> {
    this.#inputs++;
    this.#options.onInput?.(input);
    const finding = await runInput(this.#options.target, input);
    if (finding && !this.findings.has(finding.key)) this.findings.set(finding.key, finding);
  }

  async #keepIfNew(input: Uint8Array): Promise<void> {
    if (this.#reached.add(this.#options.coverage?.take() ?? [])) this.corpus.push(input);
  }
}
