import type { Clock, EdgeError, Serial } from '#packages/foundation';
import { isEdgeError } from '#packages/foundation';
import type { ActivateProgress } from '#packages/http';
import { agentErrors } from '../errors.ts';

export type Progress = (step: ActivateProgress) => void;

/** The steps of a package on its way into service, in the words of errors. */
const DOING = {
  unpack: 'the archive was being unpacked',
  read: 'its files were being read and hashed',
  verify: 'its signature was being verified',
  store: 'it was being copied into the store',
  decrypt: 'the key to its encrypted files was being opened',
  load: 'its variants were being loaded and measured',
  'warm-up': 'it was warming up',
  golden: 'its golden test was running',
} as const;

export type Phase = keyof typeof DOING;

export interface AttemptOptions {
  readonly clock: Clock;
  /** For all phases together: `LoadTimeoutSeconds`. */
  readonly timeoutMs: number;
  /** The name of the model to activate, for messages: a path, or an alias. */
  readonly about: string;
  readonly progress: Progress;
  /** Aborted when nobody wants the model any more. */
  readonly signal: AbortSignal;
}

/**
 * One try to bring a model into service. It ends in time whatever the disk or the model does: when its time is up or nobody wants
 * it any more, its phase is left behind, and what that makes late is thrown away.
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #abort = new AbortController();
  readonly #giveUp = (): void => this.#abort.abort(superseded(this.#options.signal.reason));
  #phase: Phase = 'read';
  #leftMs: number;
  #pause: () => void = () => undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#leftMs = options.timeoutMs;
    if (options.signal.aborted) this.#giveUp();
    else options.signal.addEventListener('abort', this.#giveUp, { once: true });
    this.#goOn();
  }

  /** Tells who watches; an instance that opens says its phase this way. */
  readonly progress: Progress = (step) => {
    if (isPhase(step.phase)) this.#phase = step.phase;
    this.#options.progress(step);
  };

  /**
   * Runs one phase.
   *
   * @param late gets what the phase makes after it was left behind
   * @throws EdgeError `model.activation-timeout`, `model.superseded`, and what `work` throws
   */
  async run<T>(phase: Phase, work: (signal: AbortSignal) => Promise<T>, late?: (made: T) => unknown): Promise<T> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    this.#phase = phase;
    const made = work(signal);
    try {
      return await orAborted(made, signal);
    } catch (thrown) {
      if (signal.aborted) made.then(late).catch(() => undefined);
      throw thrown;
    }
  }

  /**
   * Waits for its turn, then works, as `begin`.
   *
   * @throws EdgeError as `run`
   */
  async turn<T>(turns: Serial, work: () => Promise<T>): Promise<T> {
    const end = await this.begin(turns);
    try {
      return await work();
    } finally {
      end();
    }
  }

  /**
   * Waits for its turn. The wait does not count: each of those ahead is under the same limit, and a device that restores many models
   * must not refuse the last of them.
   *
   * @returns ends the turn; idempotent
   * @throws EdgeError as `run`
   */
  async begin(turns: Serial): Promise<() => void> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    this.#pause();
    let end: () => void = () => undefined;
    const begun = new Promise<void>((begin) => {
      void turns.run(() => {
        const turn = new Promise<void>((done) => (end = done));
        begin();
        return turn;
      });
    });
    try {
      await orAborted(begun, signal);
    } catch (thrown) {
      // An attempt that was given up keeps nobody waiting.
      void begun.then(() => end());
      throw thrown;
    }
    this.#goOn();
    return end;
  }

  /** The model serves, or was refused: nothing ends the attempt any more. Idempotent. */
  end(): void {
    this.#pause();
    this.#options.signal.removeEventListener('abort', this.#giveUp);
  }

  #goOn(): void {
    const { clock } = this.#options;
    const since = clock.monotonic();
    const cancel = clock.after(this.#leftMs, () => this.#abort.abort(this.#timeout()));
    this.#pause = () => {
      cancel();
      this.#leftMs -= clock.monotonic() - since;
      this.#pause = () => undefined;
    };
  }

  #timeout(): EdgeError {
    const { about, timeoutMs } = this.#options;
    const message = `${about} was not ready after ${timeoutMs / 1_000} s (LoadTimeoutSeconds); the time ran out while ${DOING[this.#phase]}`;
    return agentErrors.error('model.activation-timeout', message, {
      facts: { phase: this.#phase, loadTimeoutMs: timeoutMs },
    });
  }
}

function isPhase(word: string): word is Phase {
  return Object.hasOwn(DOING, word);
}

function superseded(cause: unknown): EdgeError {
  if (isEdgeError(cause)) return cause;
  return agentErrors.error('model.superseded', 'the activation was given up', { cause });
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as EdgeError);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
