import { KeyedSerial } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { NamedTensors } from '#packages/vision';
import { agentErrors } from '../errors.ts';
import type { Parameters } from './infer-request.ts';

/** Which sequence a request belongs to, and whether it begins or ends it. */
export interface SequenceStep {
  readonly id: string;
  readonly start: boolean;
  readonly end: boolean;
}

interface Kept {
  /** Hash of the package whose state this is. */
  readonly hash: string;
  readonly tensors: NamedTensors;
  readonly bytes: number;
  readonly usedAt: number;
}

const MAX_SEQUENCES = 1024;
const MAX_BYTES = 64 * 1024 ** 2;
/** A caller that is silent for so long has gone without saying so. */
const IDLE_MS = 10 * 60_000;

/** State that models hand on from call to call, by alias and sequence. The one that was not used for longest goes first. */
export class SequenceStates {
  readonly #clock: Clock;
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>();
  readonly #turns = new KeyedSerial();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls of one sequence run one after the other. */
  inTurn<Result>(alias: string, { id }: SequenceStep, work: () => Promise<Result>): Promise<Result> {
    return this.#turns.run(keyOf(alias, id), work);
  }

  /**
   * State that the call before has left; empty for the first.
   * @throws EdgeError `open-inference.sequence-unknown` if it goes on with what is not here, or is another model's
   */
  before(alias: string, { id, start }: SequenceStep, hash: string): NamedTensors {
    this.#forgetIdle();
    const key = keyOf(alias, id);
    if (start) {
      this.#forget(key);
      return {};
    }
    const kept = this.#kept.get(key);
    if (kept?.hash === hash) return kept.tensors;
    const why = kept
      ? 'belongs to a model that serves no more'
      : 'has not been started here, or was silent for too long';
    throw agentErrors.error(
      'open-inference.sequence-unknown',
      `the sequence ${JSON.stringify(id.slice(0, 80))} of "${alias}" ${why}`,
    );
  }

  after(alias: string, { id, end }: SequenceStep, hash: string, tensors: NamedTensors): void {
    const key = keyOf(alias, id);
    this.#forget(key);
    if (end) return;
    const bytes = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
    this.#kept.set(key, { hash, tensors, bytes, usedAt: this.#clock.monotonic() });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_SEQUENCES && this.#bytes <= MAX_BYTES) break;
      this.#forget(oldest);
    }
  }

  #forgetIdle(): void {
    const before = this.#clock.monotonic() - IDLE_MS;
    for (const [key, { usedAt }] of this.#kept) {
      if (usedAt > before) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0;
    this.#kept.delete(key);
  }
}

/**
 * The sequence of a request; undefined if it belongs to none.
 * Source: Triton Inference Server, protocol extension "sequence".
 */
export function sequenceOf(parameters: Parameters): SequenceStep | undefined {
  const id = parameters['sequence_id'];
  if (id === undefined || id === 0 || id === 0n || id === '' || typeof id === 'boolean') return undefined;
  return {
    id: String(id),
    start: parameters['sequence_start'] === true,
    end: parameters['sequence_end'] === true,
  };
}

function keyOf(alias: string, id: string): string {
  return `${alias}\0${id}`;
}
