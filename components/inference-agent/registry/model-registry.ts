import { basename } from 'node:path';
import { exists, wireErrorOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { ActivateRequest, ModelIdentity, ModelStatus } from '#packages/http';
import type { InstanceFault, InstanceSettings } from '../instance/model-instance.ts';
import type { AliasRecord, ModelOwner } from '../store/alias-record.ts';
import { Activation } from './activation.ts';
import { AliasTable } from './alias-table.ts';
import type { AliasSlot } from './alias-table.ts';
import { agentErrors as registryErrors } from '../errors.ts';
import { doneOf, AliasSwitch } from './alias-switch.ts';
import type { ActivateDone } from './alias-switch.ts';
import { vetPackage } from './open-model.ts';
import type { Progress } from './open-model.ts';
import type { RegistryPorts } from './registry-ports.ts';
import { startRetirement, takeOutOfService } from './retirement.ts';
import type { RetireReason } from './retirement.ts';
import type { ServingModel } from './serving-model.ts';

/** A model that serves, and where it came from. */
export interface ServedModel {
  readonly serving: ServingModel;
  readonly source: string;
  readonly owner: ModelOwner;
  readonly retiring: boolean;
}

/** Which instance serves which alias, and what may change that. */
export class ModelRegistry {
  readonly #ports: RegistryPorts;
  readonly #aliases: AliasTable;
  readonly #aliasSwitch: AliasSwitch;
  readonly #activation: Activation;
  readonly #closing = new AbortController();

  constructor(ports: RegistryPorts) {
    this.#ports = ports;
    this.#aliases = new AliasTable(() => ports.onChange());
    this.#aliasSwitch = new AliasSwitch(ports, (model, fault) => this.#faulted(model, fault));
    this.#activation = new Activation(ports, this.#aliases, this.#aliasSwitch);
  }

  /** Whether a model is being activated, drained or retired right now. */
  get busy(): boolean {
    return this.#aliases.busy || this.#aliasSwitch.draining;
  }

  /** What serves the alias; `pending` while its first model is on the way; the reason if its model is in quarantine. */
  target(alias: string): ServingModel | 'pending' | EdgeError | undefined {
    const slot = this.#aliases.get(alias);
    if (slot?.serving) return slot.serving;
    return slot && slot.expected > 0 ? 'pending' : this.#ports.quarantine.refusal(alias);
  }

  aliases(): readonly string[] {
    return this.#aliases.all().flatMap(({ alias, serving }) => (serving ? [alias] : []));
  }

  list(): readonly ModelStatus[] {
    return this.#aliases.all().flatMap((slot) => (slot.serving ? [statusOf(slot, slot.serving)] : []));
  }

  served(alias: string): ServedModel | undefined {
    const slot = this.#aliases.get(alias);
    if (!slot?.serving || !slot.record) return undefined;
    const { source, owner } = slot.record;
    return { serving: slot.serving, source, owner, retiring: slot.retirement !== undefined };
  }

  /**
   * Brings a package into service: verify, load, warm up, golden test, switch, drain. What serves the alias goes on until
   * the switch, and for good when anything fails.
   * @throws EdgeError with the reason of the refusal
   */
  async activate(
    request: ActivateRequest & { readonly owner?: ModelOwner },
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<ActivateDone> {
    const { path, owner = 'component' } = request;
    const alive = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    progress({ phase: 'verify', message: `reading ${path}` });
    const about = { alias: request.alias ?? basename(path), path };
    return this.#activation.announcingRefusal(about, async () => {
      const brought = await this.#ports.store.bring(path, alive);
      try {
        about.alias = checkedAlias(request.alias ?? brought.model.manifest.name);
        return await this.#aliases.expect(about.alias, async (slot) => {
          if (slot.serving?.identity.hash === brought.model.hash) {
            progress({ phase: 'verify', message: 'this package is already active' });
            return this.#renew(slot, slot.serving, path, owner);
          }
          return this.#activation.bring(slot, { path, owner, ...brought }, progress, alive);
        });
      } finally {
        await brought.discard();
      }
    });
  }

  /**
   * Marks the alias' model: it serves on for the grace period, so that a new version can take over without a gap.
   * @param path only if the model was activated from there: a late retirement of an old version does not hit the new one
   * @throws EdgeError `model.not-active`
   */
  async retire(alias: string, path?: string, reason: RetireReason = 'asked'): Promise<ModelStatus> {
    return this.#aliases.change(alias, async (slot) => {
      const { serving, record } = this.#active(slot);
      const meant = path === undefined || path === record.source;
      if (meant && !slot.retirement) await startRetirement(this.#ports, this.#aliases, this.#aliasSwitch, slot, reason);
      return statusOf(slot, serving);
    });
  }

  /**
   * Takes a model out of service at once: what runs on it is answered, then its memory is given back.
   * @throws EdgeError `model.not-active`
   */
  async unload(alias: string): Promise<void> {
    return this.#aliases.change(alias, async (slot) => {
      const { serving } = this.#active(slot);
      await takeOutOfService(this.#ports, this.#aliasSwitch, slot, serving);
    });
  }

  /** Puts the package that was active before back into service, the same way as any other. */
  async rollback(alias: string, progress: Progress, signal?: AbortSignal): Promise<ModelStatus> {
    const alive = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    return this.#aliases.change(alias, async (slot) => {
      const { serving, record } = this.#active(slot);
      const { source, owner, previous } = record;
      if (!previous) {
        throw registryErrors.error('model.no-previous', `nothing was active before under the alias "${alias}"`);
      }
      return this.#activation.announcingRefusal({ alias, path: source }, async () => {
        const model = await this.#ports.store.recall(alias, previous);
        await vetPackage(this.#ports, { alias, path: source, model }, progress);
        const done = await this.#activation.open(slot, model, { source, owner, kept: previous.kept }, progress, alive);
        this.#ports.announce('model.rolled-back', { from: serving.identity, to: done.model });
        return statusOf(slot, this.#active(slot).serving);
      });
    });
  }

  /**
   * Brings back what was active when the agent last ran. Resolves once it is known which aliases that concerns: from then on
   * requests and activations wait for them; `finished` resolves when all have come or failed. Neither ever rejects.
   */
  async restore(): Promise<{ readonly finished: Promise<void> }> {
    const { records, problems } = await this.#ports.store.records();
    for (const error of problems) {
      this.#ports.announce('model.restore-failed', { alias: String(error.facts['alias']), error: error.toJSON() });
    }
    const restored = records.map((record) =>
      this.#aliases.expect(record.alias, (slot) => this.#restoreAlias(slot, record)),
    );
    return { finished: Promise.all(restored).then(() => undefined) };
  }

  /** Loads models anew whose settings have changed (providers, workers, threads); a refusal leaves them as they are. */
  async reload(): Promise<void> {
    const changed = this.#aliases.all().map(({ alias }) =>
      this.#aliases.change(alias, async (slot) => {
        const { serving, record } = slot;
        if (!serving || !record || sameSettings(serving, this.#ports.policy().instance(alias))) return;
        const { source, owner, active } = record;
        await this.#activation
          .announcingRefusal({ alias, path: source }, async () => {
            const model = await this.#ports.store.recall(alias, active, source);
            await this.#activation.open(
              slot,
              model,
              { source, owner, kept: active.kept },
              () => undefined,
              this.#closing.signal,
            );
          })
          .catch(() => undefined);
      }),
    );
    await Promise.all(changed);
  }

  /**
   * Retires models whose package folder is gone: how a component's removal shows where nothing tells us of it.
   * Models of clients stay until a client unloads them.
   */
  async retireOrphans(): Promise<void> {
    for (const { alias, record, retirement } of this.#aliases.all()) {
      if (record?.owner !== 'component' || retirement || (await exists(record.source))) continue;
      await this.retire(alias, record.source, 'package-gone').catch(() => undefined);
    }
  }

  /**
   * A version that brings its processes down again and again is taken out of service, and the one before it takes over. Only then is
   * the alias without an answer, and says why.
   */
  #faulted(model: ServingModel, fault: InstanceFault): void {
    const { alias } = model.identity;
    const former = this.#aliases.get(alias)?.record?.previous?.kept === true;
    const deaths = this.#ports.quarantine.tooMany(model.identity, former);
    if (deaths === undefined || this.#closing.signal.aborted) return;
    void this.#aliases.change(alias, async (slot) => {
      if (slot.serving === model) await this.#quarantine(slot, model, fault.message, deaths);
    });
  }

  async #quarantine(slot: AliasSlot, model: ServingModel, reason: string, deaths: number): Promise<void> {
    const { quarantine, announce } = this.#ports;
    await quarantine.add(model.identity, reason, deaths).catch((thrown: unknown) => {
      announce('model.not-kept', { model: model.identity, error: wireErrorOf(thrown) });
    });
    const former = await this.#recallFormer(slot);
    if (!former) await takeOutOfService(this.#ports, this.#aliasSwitch, slot, model);
    announce('model.quarantined', { model: model.identity, reason, deaths, ...(former ? { former } : {}) });
  }

  /** Puts the version before into service; undefined if there is none, or it does not load. */
  async #recallFormer(slot: AliasSlot): Promise<ModelIdentity | undefined> {
    const { alias, record } = slot;
    if (!record?.previous) return undefined;
    const { source, owner, previous } = record;
    try {
      const model = await this.#ports.store.recall(alias, previous);
      await vetPackage(this.#ports, { alias, path: source, model }, () => undefined);
      const origin = { source, owner, kept: previous.kept };
      return (await this.#activation.open(slot, model, origin, () => undefined, this.#closing.signal)).model;
    } catch (thrown) {
      this.#ports.announce('model.restore-failed', { alias, error: wireErrorOf(thrown) });
      return undefined;
    }
  }

  /** Ends all instances once they have drained, `timeoutMs` at most. What is remembered stays. */
  async close(timeoutMs: number): Promise<void> {
    this.#closing.abort(registryErrors.error('model.superseded', 'the agent is ending'));
    const drains = this.#aliases.all().map((slot) => {
      slot.retirement?.cancel();
      return slot.serving?.drain(this.#ports.clock, timeoutMs);
    });
    await Promise.all([...drains, this.#aliasSwitch.drained()]);
  }

  /** Already active: only where it comes from may have changed, and a retirement is off. */
  async #renew(slot: AliasSlot, serving: ServingModel, source: string, owner: ModelOwner): Promise<ActivateDone> {
    const { record, retirement } = slot;
    if (record && (retirement || record.source !== source || record.owner !== owner)) {
      retirement?.cancel();
      slot.retirement = undefined;
      await this.#aliasSwitch.remember(slot, { ...record, source, owner, retiring: false });
    }
    return doneOf(serving, { unchanged: true, swapGapMs: 0, requestsLost: 0 });
  }

  /** The package that was active; where that cannot be, the one before it. */
  async #restoreAlias(slot: AliasSlot, record: AliasRecord): Promise<void> {
    const { alias, active, previous, source, owner, retiring } = record;
    for (const stored of previous ? [active, previous] : [active]) {
      try {
        const model = await this.#ports.store.recall(alias, stored, stored === active ? source : undefined);
        await vetPackage(this.#ports, { alias, path: source, model }, () => undefined);
        slot.record = stored === active ? record : undefined;
        const origin = { source, owner, kept: stored.kept };
        const done = await this.#activation.open(slot, model, origin, () => undefined, this.#closing.signal);
        this.#ports.announce('model.restored', { model: done.model, provider: done.provider, variant: done.variant });
        if (retiring) await startRetirement(this.#ports, this.#aliases, this.#aliasSwitch, slot, 'asked');
        return;
      } catch (thrown) {
        if (this.#closing.signal.aborted) return;
        this.#ports.announce('model.restore-failed', { alias, error: wireErrorOf(thrown) });
      }
    }
  }

  #active(slot: AliasSlot): { readonly serving: ServingModel; readonly record: AliasRecord } {
    const { serving, record } = slot;
    if (serving && record) return { serving, record };
    const active = this.aliases();
    const which = active.length === 0 ? 'none is' : `active: ${active.join(', ')}`;
    const message = `no model is active under the alias "${slot.alias}" (${which})`;
    throw registryErrors.error('model.not-active', message, { facts: { alias: slot.alias, active } });
  }
}

function statusOf(slot: AliasSlot, serving: ServingModel): ModelStatus {
  return serving.status(slot.retirement ? 'retiring' : 'active');
}

/** Whether a running instance is still what the settings ask for; time-outs and bounds matter only while it opens. */
function sameSettings({ spec }: ServingModel, wanted: InstanceSettings): boolean {
  const parts = ({
    providers,
    requireProvider,
    workers,
    intraOpThreads,
    threadsToTry,
    prepareAhead,
    spinning,
  }: InstanceSettings) =>
    JSON.stringify([providers, requireProvider, workers, intraOpThreads, threadsToTry, prepareAhead, spinning]);
  return parts(spec.settings) === parts(wanted);
}

function checkedAlias(alias: string): string {
  if (/^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/.test(alias)) return alias;
  throw registryErrors.error('model.alias-invalid', `"${alias.slice(0, 200)}" cannot be the alias of a model`);
}
