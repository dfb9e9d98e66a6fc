import type { EdgeError } from '#packages/foundation';
import type { ActivateDone, ModelStatus } from '#packages/http';
import type { InstanceFault } from '../instance/model-instance.ts';
import { successorOf } from '../store/alias-record.ts';
import type { AliasRecord, ModelOwner } from '../store/alias-record.ts';
import type { AliasPorts } from './alias-ports.ts';
import type { Attempt } from './attempt.ts';
import type { LoadedModel } from './model-loader.ts';
import { SavedRecord } from './saved-record.ts';
import { ServiceSlot } from './service-slot.ts';
import type { ServingModel } from './serving-model.ts';

/** The state that a request to an alias finds: a model, one on its way, which the request waits for, the reason why there is none, or nothing. */
export type AliasTarget = ServingModel | 'pending' | EdgeError | undefined;

/** A model that serves, and where it came from. */
export interface ServedModel {
  readonly serving: ServingModel;
  readonly record: AliasRecord;
  /** Why it was retired, if it serves on after that. */
  readonly retiring?: RetireReason;
}

/** `component-stopped`: its component was stopped, which says nothing of whether it comes back, is replaced or goes. */
export type RetireReason = 'asked' | 'component-stopped' | 'package-gone';

/** The model serves on after it was retired. */
interface Retirement {
  readonly model: ServingModel;
  readonly reason: RetireReason;
  /** Monotonic time until which it serves at least. */
  until: number;
  cancel(): void;
}

export interface StateListener {
  /** A process or thread of a model was lost. */
  onFault(model: ServingModel, fault: InstanceFault): void;
  /** The grace period of a retired model is over. */
  onGraceOver(model: ServingModel): void;
  /** Runs a repetition of a write when nothing else changes the alias. */
  inTurn(again: () => Promise<void>): Promise<void>;
}

/** The model that serves an alias, the store's record of it, and how the one follows the other. Changed by its `ServedAlias` only. */
export class AliasState {
  readonly #alias: string;
  readonly #ports: AliasPorts;
  readonly #listener: StateListener;
  readonly #slot: ServiceSlot;
  readonly #saved: SavedRecord;
  /** Models on their way: requests may wait for them. */
  #expected = 0;
  #retirement: Retirement | undefined;
  #target: AliasTarget;

  constructor(alias: string, ports: AliasPorts, listener: StateListener) {
    this.#alias = alias;
    this.#ports = ports;
    this.#listener = listener;
    this.#slot = new ServiceSlot(ports.clock);
    this.#saved = new SavedRecord(alias, ports, (again) => listener.inTurn(again));
    this.#target = this.#findTarget();
  }

  /** Settled at each change, so that no request has to find it out. */
  get target(): AliasTarget {
    return this.#target;
  }

  get served(): ServedModel | undefined {
    const { serving } = this.#slot;
    const { record } = this.#saved;
    const reason = this.#retirement?.reason;
    return serving && record ? { serving, record, ...(reason ? { retiring: reason } : {}) } : undefined;
  }

  get status(): ModelStatus | undefined {
    return this.#slot.serving?.status(this.#retirement ? 'retiring' : 'active', this.#saved.notKept);
  }

  /** Whether nothing would be lost with this object. */
  get isEmpty(): boolean {
    return this.#target === undefined && !this.#slot.wasUsed && !this.#saved.isNeeded;
  }

  get saved(): Pick<SavedRecord, 'found' | 'tidy' | 'previousEvicted' | 'amend'> {
    return this.#saved;
  }

  /** From now until the returned function is called, a model is on its way. */
  expect(): () => void {
    this.#expected++;
    this.settle();
    return () => {
      this.#expected--;
      this.settle();
    };
  }

  /** Looks again at what requests find; to be called when the quarantine has changed. */
  settle(): void {
    this.#target = this.#findTarget();
    this.#ports.onChange();
  }

  /**
   * The switch, from one statement to the next; then the old instance drains and ends.
   * @param record what is to be remembered. Default: that this package took the place of the one before
   */
  async switchTo(loaded: LoadedModel, attempt: Attempt, record = this.#successor(loaded)): Promise<ActivateDone> {
    const { announce, policy } = this.#ports;
    const { serving, model, notKept } = loaded;
    const { name, version } = serving.identity;
    const { serving: old } = this.#slot;
    attempt.end();
    this.#watch(serving);
    attempt.progress({ phase: 'swap', message: `switching "${this.#alias}" to ${name} ${version}` });
    this.#endRetirement();
    const { from, gapMs: swapGapMs, missed } = this.#slot.put(serving);
    this.settle();
    await this.#saved.save(record, serving.identity, notKept && { model, reason: notKept });
    let requestsLost = missed;
    if (old) {
      attempt.progress({
        phase: 'drain',
        message: `waiting for ${old.inFlight} request(s) on ${old.identity.version}`,
      });
      requestsLost += await this.#slot.drain(old, policy().drainMs(this.#alias));
    }
    if (from) announce('model.swapped', { from, to: serving.identity, swapGapMs, requestsLost });
    const { provider, fallbacks } = serving.instance.facts;
    if (fallbacks.length > 0) {
      const requested = serving.spec.settings.providers;
      announce('provider.fallback', { model: serving.identity, requested, provider, reasons: fallbacks });
    }
    return this.#done(serving, { unchanged: false, swapGapMs, requestsLost });
  }

  /** The package that serves was brought again: only where it comes from may have changed, and a retirement is off. */
  async renew({ serving, record, retiring }: ServedModel, source: string, owner: ModelOwner): Promise<ActivateDone> {
    this.#endRetirement();
    if (retiring || record.source !== source || record.owner !== owner) {
      await this.#saved.amend({ source, owner, retiring: false });
    }
    return this.#done(serving, { unchanged: true, swapGapMs: 0, requestsLost: 0 });
  }

  /** The model serves on for the grace period at least, since the nucleus stops the old version before it starts the new one. */
  async startRetirement(model: ServingModel, reason: RetireReason): Promise<void> {
    const { policy, announce } = this.#ports;
    this.#endRetirement();
    this.#retirement = { model, reason, until: 0, cancel: () => undefined };
    this.renewStay();
    announce('model.retiring', { model: model.identity, graceSeconds: policy().retireGraceMs / 1_000, reason });
    // A component that was stopped says so again: what a restart brings back may stay until it is known to be gone.
    if (reason !== 'component-stopped') await this.#saved.amend({ retiring: true });
  }

  /** Somebody tries to bring a successor: the grace period of a retired model starts again. */
  renewStay(): void {
    const { clock, policy } = this.#ports;
    const retirement = this.#retirement;
    if (!retirement) return;
    retirement.cancel();
    const graceMs = policy().retireGraceMs;
    retirement.until = clock.monotonic() + graceMs;
    retirement.cancel = clock.after(graceMs, () => this.#listener.onGraceOver(retirement.model));
  }

  /** Whether a retired model has served for as long as it has to, if its component is gone. */
  get isGraceOver(): boolean {
    return this.#retirement !== undefined && this.#ports.clock.monotonic() >= this.#retirement.until;
  }

  /** Requests to the alias were refused. */
  miss(): void {
    this.#slot.miss();
  }

  /** From now on nothing new goes to the model; what runs on it is answered, then its memory is given back. */
  async takeOut(serving: ServingModel): Promise<void> {
    const { policy, announce } = this.#ports;
    this.#endRetirement();
    this.#slot.empty();
    this.settle();
    this.#slot.miss(await this.#slot.drain(serving, policy().drainMs(this.#alias)));
    // If that fails, a restart brings it back, and retires it again once its package folder is gone.
    await this.#saved.forget();
    announce('model.retired', { model: serving.identity });
  }

  /** Ends the serving model once it has drained, after `timeoutMs` at most. The store's record stays. */
  async close(timeoutMs: number): Promise<void> {
    this.#retirement?.cancel();
    await Promise.all([this.#slot.close(timeoutMs), this.#saved.close()]);
  }

  #findTarget(): AliasTarget {
    if (this.#slot.serving) return this.#slot.serving;
    return this.#expected > 0 ? 'pending' : this.#ports.quarantine.refusal(this.#alias);
  }

  #endRetirement(): void {
    this.#retirement?.cancel();
    this.#retirement = undefined;
  }

  #watch(serving: ServingModel): void {
    const { announce, onChange } = this.#ports;
    serving.instance.onFree(onChange);
    serving.instance.onFault((fault) => {
      announce('model.fault', { model: serving.identity, ...fault });
      this.#listener.onFault(serving, fault);
    });
  }

  #successor({ serving, model, origin }: LoadedModel): AliasRecord {
    // Nobody waits for an answer of a challenger, so that none before it has to come back.
    const before = this.#ports.role === 'challenger' ? undefined : this.#saved.record;
    return successorOf(before, {
      ...origin,
      alias: this.#alias,
      model,
      activatedAt: serving.activatedAt,
    });
  }

  #done(
    { identity, answeredBy }: ServingModel,
    swap: Pick<ActivateDone, 'unchanged' | 'swapGapMs' | 'requestsLost'>,
  ): ActivateDone {
    const { provider, variant } = answeredBy;
    const { notKept } = this.#saved;
    return { phase: 'done', model: identity, ...swap, provider, variant, ...(notKept ? { notKept } : {}) };
  }
}
