import type { ModelPackage } from '#packages/model-package';
import { fromWire, isEdgeError, Serial, wireErrorOf } from '#packages/foundation';
import type { ModelOwner } from '../store/alias-record.ts';
import type { AliasSlot, AliasTable } from './alias-table.ts';
import type { ActivateDone, AliasSwitch, Origin } from './alias-switch.ts';
import { openModel, vetPackage } from './open-model.ts';
import type { Progress } from './open-model.ts';
import type { RegistryPorts } from './registry-ports.ts';

/** A package that was asked for by its path. */
export interface BroughtModel {
  readonly path: string;
  readonly owner: ModelOwner;
  readonly model: ModelPackage;
  /** Whether it lies in the store's own folder, unpacked from an archive. */
  readonly unpacked: boolean;
}

/** How a package becomes what serves an alias. To be called by who holds the slot. */
export class Activation {
  readonly #ports: RegistryPorts;
  readonly #aliases: AliasTable;
  readonly #aliasSwitch: AliasSwitch;
  /** One model loads at a time: memory is counted before, latency measured during, and both are the device's. */
  readonly #loading = new Serial();

  constructor(ports: RegistryPorts, aliases: AliasTable, aliasSwitch: AliasSwitch) {
    this.#ports = ports;
    this.#aliases = aliases;
    this.#aliasSwitch = aliasSwitch;
  }

  /** A new package: vetted, copied into the store, opened; when it is refused, its copy goes. */
  async bring(slot: AliasSlot, brought: BroughtModel, progress: Progress, alive: AbortSignal): Promise<ActivateDone> {
    const { alias } = slot;
    const { path, model } = brought;
    const { clock, announce, store } = this.#ports;
    const startedAt = clock.monotonic();
    await vetPackage(this.#ports, { alias, path, model }, progress);
    const { kept, done } = await this.#keepAndOpen(slot, brought, progress, alive).catch(async (thrown: unknown) => {
      await store.tidy(alias, slot.record);
      throw thrown;
    });
    if (!kept.kept) announce('model.not-kept', { model: done.model, error: kept.reason.toJSON() });
    await this.#ports.quarantine.lift(alias).catch((thrown: unknown) => {
      announce('model.not-kept', { model: done.model, error: wireErrorOf(thrown) });
    });
    const durationMs = Math.round(clock.monotonic() - startedAt);
    announce('model.activated', { model: done.model, provider: done.provider, variant: done.variant, durationMs });
    return done;
  }

  /** A package that lies where it is to be loaded from. */
  async open(
    slot: AliasSlot,
    model: ModelPackage,
    origin: Origin,
    progress: Progress,
    alive: AbortSignal,
  ): Promise<ActivateDone> {
    const { alias } = slot;
    const opened = await this.#loading.run(() => openModel(this.#ports, { alias, model }, progress, alive));
    return this.#aliasSwitch.takeOver(slot, opened, model, origin, progress);
  }

  /** Announces why something was refused, in whatever step that happened; `about` may learn the alias on the way. */
  async announcingRefusal<T>(about: { alias: string; readonly path: string }, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      const error = wireErrorOf(thrown);
      const { alias, path } = about;
      const serving = this.#aliases.get(alias)?.serving?.identity;
      this.#ports.announce('model.rejected', { alias, path, error, ...(serving ? { serving } : {}) });
      throw isEdgeError(thrown) ? thrown : fromWire(error);
    }
  }

  async #keepAndOpen(slot: AliasSlot, brought: BroughtModel, progress: Progress, alive: AbortSignal) {
    const { path, owner, model, unpacked } = brought;
    const records = this.#aliases.all().flatMap(({ record }) => (record ? [record] : []));
    const kept = await this.#ports.store.keep(slot.alias, model, records, (alias) => this.#forgetPrevious(alias));
    // What is unpacked in the store's own folder and not kept there has no place to be loaded from.
    if (!kept.kept && unpacked) throw kept.reason;
    const done = await this.open(slot, kept.model, { source: path, owner, kept: kept.kept }, progress, alive);
    return { kept, done };
  }

  #forgetPrevious(alias: string): void {
    const slot = this.#aliases.get(alias);
    if (!slot?.record) return;
    const { previous: _previous, ...rest } = slot.record;
    slot.record = rest;
  }
}
