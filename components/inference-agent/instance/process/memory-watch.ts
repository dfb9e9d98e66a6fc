import { processMemory } from '#packages/posix';
import type { Clock, EdgeError } from '#packages/foundation';
import { agentErrors } from '../../errors.ts';

/** A model fills memory at some GB a second at most; what is read costs 30 µs. */
const EVERY_MS = 100;

/** Holds a process to its share of RAM, for devices that give nobody a control group. Counts what is the process's own. */
export class MemoryWatch {
  /** Set once the process took more than its share. */
  exceeded: EdgeError | undefined;
  readonly #pid: number;
  readonly #limitBytes: number;
  readonly #clock: Clock;
  readonly #onExceeded: () => void;
  #cancel: () => void = () => undefined;

  constructor(pid: number, limitBytes: number, clock: Clock, onExceeded: () => void) {
    this.#pid = pid;
    this.#limitBytes = limitBytes;
    this.#clock = clock;
    this.#onExceeded = onExceeded;
    this.#again();
  }

  stop(): void {
    this.#cancel();
  }

  #again(): void {
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#look());
  }

  #look(): void {
    const bytes = anonymousBytes(this.#pid);
    if (bytes === undefined) return;
    if (bytes <= this.#limitBytes) return this.#again();
    const limitKb = Math.round(this.#limitBytes / 1024);
    const usedKb = Math.round(bytes / 1024);
    const message = `the model took ${usedKb} KB, and LocalInferenceServiceMemoryLimitKB allows ${limitKb}`;
    this.exceeded = agentErrors.error('instance.memory-exceeded', message, { facts: { limitKb, usedKb } });
    this.#onExceeded();
  }
}

/** Undefined once the process is gone, and on systems that do not tell. */
function anonymousBytes(pid: number): number | undefined {
  try {
    return processMemory(pid).anonymousBytes;
  } catch {
    return undefined;
  }
}
