import type { ModelPackage } from '#packages/model-package';
import { wireErrorOf } from '#packages/foundation';
import type { ActivateProgress, ModelIdentity } from '#packages/http';
import type { InstanceFault } from '../instance/model-instance.ts';
import type { AliasRecord, ModelOwner } from '../store/alias-record.ts';
import type { AliasSlot } from './alias-table.ts';
import type { OpenedInstance, Progress } from './open-model.ts';
import type { RegistryPorts } from './registry-ports.ts';
import { ServingModel } from './serving-model.ts';

export type ActivateDone = Extract<ActivateProgress, { phase: 'done' }>;

/** Where a package came from and whether the store holds a copy of it. */
export interface Origin {
  readonly source: string;
  readonly owner: ModelOwner;
  readonly kept: boolean;
}

/** How one instance takes over an alias from another. */
export class AliasSwitch {
  readonly #ports: RegistryPorts;
  readonly #drains = new Set<Promise<number>>();
  readonly #onFault: (model: ServingModel, fault: InstanceFault) => void;
  #instances = 0;

  /** @param onFault is told of each process or thread that a serving model lost */
  constructor(ports: RegistryPorts, onFault: (model: ServingModel, fault: InstanceFault) => void) {
    this.#ports = ports;
    this.#onFault = onFault;
  }

  get draining(): boolean {
    return this.#drains.size > 0;
  }

  /** The switch, from one statement to the next; then the old instance drains and ends. */
  async takeOver(
    slot: AliasSlot,
    opened: OpenedInstance,
    model: ModelPackage,
    origin: Origin,
    progress: Progress,
  ): Promise<ActivateDone> {
    const { clock, announce } = this.#ports;
    const { name, version } = model.manifest;
    const activatedAt = new Date(clock.now()).toISOString();
    const next = new ServingModel(this.#identityOf(slot.alias, model), opened.spec, opened.instance, activatedAt);
    this.#watch(next);
    progress({ phase: 'swap', message: `switching "${slot.alias}" to ${name} ${version}` });
    const old = slot.serving;
    const swapGapMs = this.#switch(slot, next);
    await this.remember(slot, nextRecord(slot, model, origin, activatedAt));

    let requestsLost = 0;
    if (old) {
      progress({ phase: 'drain', message: `waiting for ${old.inFlight} request(s) on ${old.identity.version}` });
      requestsLost = await this.drain(old);
      announce('model.swapped', { from: old.identity, to: next.identity, swapGapMs, requestsLost });
    }
    const { provider, fallbacks } = opened.instance.facts;
    if (fallbacks.length > 0) {
      const requested = opened.spec.settings.providers;
      announce('provider.fallback', { model: next.identity, requested, provider, reasons: fallbacks });
    }
    return doneOf(next, { unchanged: false, swapGapMs, requestsLost });
  }

  /** Lets a instance that no request goes to any more finish, then ends it; returns the number of requests lost. */
  async drain(model: ServingModel): Promise<number> {
    const drain = model.drain(this.#ports.clock, this.#ports.policy().drainMs(model.identity.alias));
    this.#drains.add(drain);
    try {
      return await drain;
    } finally {
      this.#drains.delete(drain);
    }
  }

  async drained(): Promise<void> {
    await Promise.all(this.#drains);
  }

  /** The model serves whether or not this succeeds; only a restart would not find it. */
  async remember(slot: AliasSlot, record: AliasRecord): Promise<void> {
    slot.record = record;
    try {
      await this.#ports.store.remember(record);
    } catch (thrown) {
      if (!slot.serving) return;
      this.#ports.announce('model.not-kept', { model: slot.serving.identity, error: wireErrorOf(thrown) });
    }
  }

  /** Returns for how long no instance took the alias' requests, in milliseconds. */
  #switch(slot: AliasSlot, next: ServingModel): number {
    const { clock, onChange } = this.#ports;
    const unservedSince = slot.serving ? clock.monotonic() : slot.emptySince;
    slot.retirement?.cancel();
    slot.retirement = undefined;
    slot.serving = next;
    slot.emptySince = undefined;
    onChange();
    return unservedSince === undefined ? 0 : Math.round((clock.monotonic() - unservedSince) * 1000) / 1000;
  }

  #watch(model: ServingModel): void {
    model.instance.onFree(this.#ports.onChange);
    model.instance.onFault((fault) => {
      this.#ports.announce('model.fault', { model: model.identity, ...fault });
      this.#onFault(model, fault);
    });
  }

  #identityOf(alias: string, { manifest, hash }: ModelPackage): ModelIdentity {
    return { alias, name: manifest.name, version: manifest.version, generation: ++this.#instances, hash };
  }
}

export function doneOf(
  serving: ServingModel,
  swap: Pick<ActivateDone, 'unchanged' | 'swapGapMs' | 'requestsLost'>,
): ActivateDone {
  const { provider, variant } = serving.instance.facts;
  return { phase: 'done', model: serving.identity, ...swap, provider, variant };
}

function nextRecord(slot: AliasSlot, model: ModelPackage, origin: Origin, activatedAt: string): AliasRecord {
  const { manifest, hash, bytes } = model;
  const before = slot.record;
  const previous = before?.active.hash === hash ? before.previous : before?.active.kept ? before.active : undefined;
  return {
    schemaVersion: 1,
    alias: slot.alias,
    source: origin.source,
    owner: origin.owner,
    active: { name: manifest.name, version: manifest.version, hash, bytes, kept: origin.kept },
    ...(previous ? { previous } : {}),
    activatedAt,
    retiring: false,
  };
}
