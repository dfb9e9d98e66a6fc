import type { ModelPackage } from '#packages/model-package';
import { isEdgeError } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { ModelIdentity, NotKept } from '#packages/http';
import type { AliasRecord } from '../store/alias-record.ts';
import { RetriedWrite } from '../store/retried-write.ts';
import type { LoaderPorts } from './registry-ports.ts';

/** A package that the store should hold and does not. */
export interface MissingCopy {
  readonly model: ModelPackage;
  readonly reason: EdgeError;
}

/**
 * The record that the store should have of one alias, and the one that it has. A full disk does not keep a model from serving: a record that cannot be written is
 * said, and written once there is room again.
 */
export class SavedRecord {
  readonly #alias: string;
  readonly #ports: LoaderPorts;
  readonly #write: RetriedWrite;
  #record: AliasRecord | undefined;
  /** The record that a restart of the agent would find. */
  #onDisk: AliasRecord | undefined;
  #about: ModelIdentity | undefined;
  #missing: MissingCopy | undefined;
  /** Set once the copy can never be made: its source is another by now. */
  #lost: EdgeError | undefined;

  /** @param inTurn runs a repetition when nothing else changes the alias */
  constructor(alias: string, ports: LoaderPorts, inTurn: (again: () => Promise<void>) => Promise<void>) {
    this.#alias = alias;
    this.#ports = ports;
    this.#write = new RetriedWrite({
      ...ports,
      inTurn,
      write: () => this.#bringToDisk(),
      onFailed: (error) => this.#tell(error),
      onRecovered: () => {
        if (this.#lost) this.#tell(this.#lost);
        else if (this.#record && this.#about) ports.announce('model.kept', { model: this.#about });
      },
    });
  }

  get record(): AliasRecord | undefined {
    return this.#record;
  }

  /** Whether the store holds, or is to hold, anything of the alias. */
  get isNeeded(): boolean {
    return this.#record !== undefined || this.#onDisk !== undefined || this.#write.problem !== undefined;
  }

  /** Why a restart might not bring back what serves, and what it would bring back; undefined if all is well. */
  get notKept(): NotKept | undefined {
    const error = this.#lost ?? this.#write.problem;
    return error && { error: error.toJSON(), ...this.#restores() };
  }

  /** The records on the disk when the agent started. */
  found(record: AliasRecord): void {
    this.#onDisk = record;
  }

  /** Remembers what serves now; resolves when it is on the disk, or has been said not to be. Never rejects. */
  async save(record: AliasRecord, about: ModelIdentity, missing?: MissingCopy): Promise<void> {
    this.#record = record;
    this.#about = about;
    this.#missing = missing;
    this.#lost = undefined;
    if (record === this.#onDisk && !missing) await this.tidy();
    else await this.#write.now();
  }

  /** As `save`, for facts of the record alone. */
  async amend(facts: Partial<Pick<AliasRecord, 'source' | 'owner' | 'retiring'>>): Promise<void> {
    if (!this.#record) return;
    this.#record = { ...this.#record, ...facts };
    await this.#write.now();
  }

  /** Another alias needed the room of the package that was kept for a rollback; the disk follows with the next `amend`. */
  previousEvicted(): void {
    if (!this.#record) return;
    const { previous: _previous, ...rest } = this.#record;
    this.#record = rest;
  }

  /** Nothing serves any more. Never rejects. */
  async forget(): Promise<void> {
    this.#record = undefined;
    this.#missing = undefined;
    this.#lost = undefined;
    await this.#write.now();
  }

  /** Removes copies that neither the record nor the disk names: of a package that was refused. */
  async tidy(): Promise<void> {
    await this.#ports.store.tidy(this.#alias, [this.#record, this.#onDisk]).catch(() => undefined);
  }

  async close(): Promise<void> {
    // A copy may take long, and the agent is ending: the record names the source.
    this.#missing = undefined;
    await this.#write.close();
  }

  async #bringToDisk(): Promise<void> {
    const { store } = this.#ports;
    if (!this.#record) {
      await store.forget(this.#alias);
      this.#onDisk = undefined;
      return;
    }
    await this.#copyMissing();
    if (this.#record !== this.#onDisk) await store.remember(this.#record);
    this.#onDisk = this.#record;
    if (this.#missing) throw this.#missing.reason;
  }

  /** The first time the loader has just tried. */
  async #copyMissing(): Promise<void> {
    if (!this.#missing || !this.#record || !this.#write.problem) return;
    const { model } = this.#missing;
    try {
      const kept = await this.#ports.keep(this.#alias, model);
      this.#missing = kept.kept ? undefined : { model, reason: kept.reason };
      if (kept.kept) this.#record = { ...this.#record, active: { ...this.#record.active, kept: true } };
    } catch (thrown) {
      if (!isEdgeError(thrown) || thrown.code !== 'package.changed') throw thrown;
      this.#missing = undefined;
      this.#lost = thrown;
    }
  }

  #tell(error: EdgeError): void {
    const { announce } = this.#ports;
    if (!this.#about) return;
    const facts = { model: this.#about, error: error.toJSON() };
    if (this.#record) announce('model.not-kept', { ...facts, ...this.#restores() });
    else announce('model.not-forgotten', facts);
  }

  #restores(): Pick<NotKept, 'restores'> {
    if (!this.#onDisk) return {};
    const { name, version } = this.#onDisk.active;
    return { restores: { name, version } };
  }
}
