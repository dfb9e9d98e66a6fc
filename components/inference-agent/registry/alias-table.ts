import { KeyedSerial } from '#packages/foundation';
import type { AliasRecord } from '../store/alias-record.ts';
import type { ServingModel } from './serving-model.ts';

/** What the registry knows of one alias. */
export interface AliasSlot {
  readonly alias: string;
  serving: ServingModel | undefined;
  /** What the store remembers; follows `serving`. */
  record: AliasRecord | undefined;
  /** Set while the model serves on after having been retired. */
  retirement: { cancel(): void } | undefined;
  /** Models that are on their way to this alias: requests may wait for them. */
  expected: number;
  /** Monotonic time at which the alias lost its last model. */
  emptySince: number | undefined;
}

/** All aliases, each changed by one at a time. */
export class AliasTable {
  readonly #slots = new Map<string, AliasSlot>();
  readonly #changes = new KeyedSerial();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Whether any alias is being changed. */
  get busy(): boolean {
    return this.#changes.isBusy;
  }

  get(alias: string): AliasSlot | undefined {
    return this.#slots.get(alias);
  }

  all(): readonly AliasSlot[] {
    return [...this.#slots.values()];
  }

  /** Changes an alias, after the changes that came before. */
  change<T>(alias: string, work: (slot: AliasSlot) => Promise<T>): Promise<T> {
    return this.#changes.run(alias, async () => {
      const slot = this.#slotOf(alias);
      try {
        return await work(slot);
      } finally {
        this.#drop(slot);
        this.#onChange();
      }
    });
  }

  /** As `change`, for work that brings a model: from now on requests to the alias wait for it. */
  async expect<T>(alias: string, work: (slot: AliasSlot) => Promise<T>): Promise<T> {
    const slot = this.#slotOf(alias);
    slot.expected++;
    return this.change(alias, async (same) => {
      try {
        return await work(same);
      } finally {
        same.expected--;
      }
    });
  }

  #slotOf(alias: string): AliasSlot {
    const slot = this.#slots.get(alias) ?? {
      alias,
      serving: undefined,
      record: undefined,
      retirement: undefined,
      expected: 0,
      emptySince: undefined,
    };
    this.#slots.set(alias, slot);
    return slot;
  }

  #drop(slot: AliasSlot): void {
    const worthKeeping = slot.serving ?? slot.emptySince;
    if (worthKeeping === undefined && slot.expected === 0) this.#slots.delete(slot.alias);
  }
}
