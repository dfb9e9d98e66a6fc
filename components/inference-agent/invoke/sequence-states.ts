import { isEdgeError, KeyedSerial } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { TensorInputs } from '#packages/model-package';
import type { NamedTensors } from '#packages/vision';
import { agentErrors } from '../errors.ts';
import type { ServingModel } from '../registry/serving-model.ts';
import type { TensorAnswer } from './tensor-service.ts';

/** Which sequence a request belongs to, and whether it begins or ends it. */
export interface SequenceStep {
  readonly id: string;
  readonly start: boolean;
  readonly end: boolean;
  /** Whether one that is not known begins with zeros. Default: it is refused. */
  readonly mayBegin?: boolean;
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

  /**
   * Runs a call behind those of its sequence that came before it, and keeps what it leaves.
   * @param work is given the state for the model that answers
   * @returns its answer, and whether it has begun the sequence
   * @throws EdgeError of `work`; `open-inference.sequence-unknown` if it continues with what is not here, or is another model's
   */
  async run(
    alias: string,
    step: SequenceStep | undefined,
    work: (stateFor: (model: ServingModel) => NamedTensors) => Promise<TensorAnswer>,
  ): Promise<TensorAnswer & { readonly began: boolean }> {
    if (!step) return { ...(await work(() => ({}))), began: false };
    return this.#turns.run(keyOf(alias, step.id), async () => {
      let began = false;
      const answer = await work(({ identity }) => {
        const state = this.#before(alias, step, identity.hash);
        began = state === undefined;
        return state ?? {};
      }).catch((thrown: unknown) => {
        // A caller that does not start sequences itself would come with the same state again and again.
        if (step.mayBegin && isEdgeError(thrown) && thrown.code.startsWith('model.'))
          this.#forget(keyOf(alias, step.id));
        throw thrown;
      });
      const { identity, spec } = answer.model;
      this.#after(alias, step, identity.hash, stateOf(spec.manifest.tensors, answer.outputs));
      return { ...answer, began };
    });
  }

  /** State that the call before has left; undefined for the first. */
  #before(alias: string, { id, start, mayBegin = false }: SequenceStep, hash: string): NamedTensors | undefined {
    this.#forgetIdle();
    const key = keyOf(alias, id);
    const kept = this.#kept.get(key);
    if (!start && kept?.hash === hash) return kept.tensors;
    if (start || mayBegin) {
      this.#forget(key);
      return undefined;
    }
    const why = kept
      ? 'belongs to a model that serves no more'
      : 'has not been started here, or was silent for too long';
    throw agentErrors.error(
      'open-inference.sequence-unknown',
      `the sequence ${JSON.stringify(id.slice(0, 80))} of "${alias}" ${why}`,
    );
  }

  #after(alias: string, { id, end }: SequenceStep, hash: string, tensors: NamedTensors): void {
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

function keyOf(alias: string, id: string): string {
  return `${alias}\0${id}`;
}

/** The state that the next call of a sequence begins with. */
function stateOf(tensors: TensorInputs, outputs: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([input, { from }]) => {
      const tensor = from === undefined ? undefined : outputs[from];
      return tensor ? [[input, tensor]] : [];
    }),
  );
}
