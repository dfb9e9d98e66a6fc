import { Serial, wireErrorOf } from '#packages/foundation';
import type { ActivateDone, ModelStatus } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { InstanceFault } from '../instance/model-instance.ts';
import type { AliasRecord, ModelOwner, StoredPackage } from '../store/alias-record.ts';
import { AliasState } from './alias-state.ts';
import type { AliasPorts } from './alias-ports.ts';
import type { AliasTarget, RetireReason, ServedModel } from './alias-state.ts';
import type { Attempt } from './attempt.ts';
import { isComponentGone } from './component-gone.ts';
import type { BroughtPackage } from './model-loader.ts';
import { announcingRefusal } from './refusal.ts';
import { sameSettings } from './serving-model.ts';
import type { ServingModel } from './serving-model.ts';
import { rememberMinimum, vetPackage } from './vet-package.ts';

/** One alias, and all that can be asked of it. Changes take turns in the order of asking; nobody else writes its state. */
export class ServedAlias {
  readonly name: string;
  readonly #ports: AliasPorts;
  readonly #turns = new Serial();
  readonly #state: AliasState;

  constructor(name: string, ports: AliasPorts) {
    this.name = name;
    this.#ports = ports;
    this.#state = new AliasState(name, ports, {
      inTurn: (again) => this.#inTurn(again),
      onFault: (model, fault) => this.#faulted(model, fault),
      onGraceOver: (model) => void this.#inTurn(() => this.#leaveIfGone(model)),
    });
  }

  get target(): AliasTarget {
    return this.#state.target;
  }

  get served(): ServedModel | undefined {
    return this.#state.served;
  }

  get status(): ModelStatus | undefined {
    return this.#state.status;
  }

  get isBusy(): boolean {
    return this.#turns.isBusy;
  }

  /** Whether nothing would be lost with this object. */
  get isEmpty(): boolean {
    return !this.isBusy && this.#state.isEmpty;
  }

  /**
   * Brings a package into service. The present model serves until then, and continues if anything fails.
   * @throws EdgeError with the reason of the refusal
   */
  activate(brought: BroughtPackage, owner: ModelOwner, attempt: Attempt): Promise<ActivateDone> {
    return this.#expecting(async () => {
      const { clock, loader, quarantine, announce } = this.#ports;
      const { served } = this;
      if (served?.serving.identity.hash === brought.model.hash) {
        attempt.progress({ phase: 'verify', message: 'this package is already active' });
        await this.#verifyAgain(served.serving, brought, attempt);
        return this.#state.renew(served, brought.source, owner);
      }
      const startedAt = clock.monotonic();
      const loaded = await loader.load(this.name, brought, owner, attempt).catch(async (thrown: unknown) => {
        this.#state.renewStay();
        await this.#state.saved.tidy();
        throw thrown;
      });
      const done = await this.#state.switchTo(loaded, attempt);
      await rememberMinimum(this.#ports, loaded.verdict, done.model);
      await quarantine.lift(this.name);
      const durationMs = Math.round(clock.monotonic() - startedAt);
      announce('model.activated', { model: done.model, provider: done.provider, variant: done.variant, durationMs });
      return done;
    }, attempt);
  }

  /**
   * Marks the model, which serves on: for the grace period, and if its component was stopped, until that is gone, too.
   * @param path only if the model came from there: a late retirement of an old version does not hit the new one
   * @throws EdgeError `model.not-active`
   */
  retire(path: string | undefined, reason: RetireReason): Promise<ModelStatus> {
    return this.#inTurn(async () => {
      const { serving, record, retiring } = this.#active();
      const isMeant = path === undefined || path === record.source;
      const isNew = !retiring || (reason === 'asked' && retiring !== 'asked');
      if (isMeant && isNew) await this.#state.startRetirement(serving, reason);
      return this.#statusNow();
    });
  }

  /** Somebody tries to bring a successor, or has failed to. */
  renewStay(): void {
    this.#state.renewStay();
  }

  /** A request to the alias was refused. */
  miss(): void {
    this.#state.miss();
  }

  /**
   * Retires a model whose component is gone, and takes it out of service after its grace period. Nobody tells of a removal: the folders show it.
   * Models of clients stay until a client unloads them. Never rejects.
   */
  async followComponent(): Promise<void> {
    const { served } = this;
    if (!served || this.isBusy || served.record.owner !== 'component' || served.retiring === 'asked') return;
    if (!(await isComponentGone(served.record.source))) return;
    await this.#inTurn(async () => {
      if (this.served?.serving !== served.serving) return;
      if (this.served.retiring) await this.#leaveIfGone(served.serving);
      else await this.#state.startRetirement(served.serving, 'package-gone');
    });
  }

  /** Takes the model out of service at once; what runs on it is answered. @throws EdgeError `model.not-active` */
  unload(): Promise<void> {
    return this.#inTurn(async () => this.#state.takeOut(this.#active().serving));
  }

  /**
   * Puts the package that was active before back into service.
   * @throws EdgeError `model.not-active`, `model.no-previous`, and as `activate`
   */
  rollback(attempt: Attempt): Promise<ModelStatus> {
    return this.#inTurn(async () => {
      const { serving, record } = this.#active();
      const { previous } = record;
      if (!previous) {
        throw agentErrors.error('model.no-previous', `nothing was active before under the alias "${this.name}"`);
      }
      const { model } = await this.#recall(record, previous, attempt);
      this.#ports.announce('model.rolled-back', { from: serving.identity, to: model });
      return this.#statusNow();
    }, attempt);
  }

  /** Brings back what was active when the agent last ran; if that cannot be, the version before it. Never rejects. */
  restore(record: AliasRecord): Promise<void> {
    this.#state.saved.found(record);
    return this.#expecting(async () => {
      const done = (await this.#bringBack(record, record.active)) ?? (await this.#bringBack(record, record.previous));
      if (!done) return;
      const { model, provider, variant } = done;
      this.#ports.announce('model.restored', { model, provider, variant });
      if (record.retiring) await this.#state.startRetirement(this.#active().serving, 'asked');
    });
  }

  /**
   * The configuration has changed: what it asks of a model that serves is looked at again. Never rejects.
   * If its instances are to be run otherwise, the model is vetted and loaded again; one that is refused serves on as it is.
   */
  review(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.served && !this.#runsAsConfigured(this.served)) await this.#loadAnew(this.served);
    });
  }

  /** Another alias needed the room of the package that was kept for a rollback. */
  previousEvicted(): void {
    this.#state.saved.previousEvicted();
    void this.#inTurn(() => this.#state.saved.amend({}));
  }

  /** Ends the serving model once it has drained, after `timeoutMs` at most. The store's record stays. */
  close(timeoutMs: number): Promise<void> {
    return this.#state.close(timeoutMs);
  }

  /**
   * A package that was allowed when it came may not be allowed any more. The same files may come with a signature of another key, or with other claims.
   * @throws EdgeError as `vetPackage`
   */
  async #verifyAgain(serving: ServingModel, { source, model }: BroughtPackage, attempt: Attempt): Promise<void> {
    const verdict = await vetPackage(this.#ports, { alias: this.name, path: source, model }, attempt);
    await rememberMinimum(this.#ports, verdict, serving.identity);
    if (model.signature === serving.signed.signature) return;
    serving.signAgain(model.signature);
    const { store, announce } = this.#ports;
    await store.signAgain(this.name, model.hash, model.signature).catch((thrown: unknown) => {
      announce('model.not-kept', { model: serving.identity, error: wireErrorOf(thrown) });
    });
  }

  #runsAsConfigured({ serving }: ServedModel): boolean {
    return sameSettings(serving.spec.settings, this.#ports.policy().instance(this.name));
  }

  async #loadAnew({ record }: ServedModel): Promise<void> {
    const attempt = this.#attempt();
    await this.#recall(record, record.active, attempt).catch(() => attempt.end());
  }

  /** Loads what the store remembers and puts it into service; announces a refusal. */
  #recall(record: AliasRecord, which: StoredPackage, attempt: Attempt): Promise<ActivateDone> {
    const about = () => ({ alias: this.name, path: record.source, serving: this.served?.serving.identity });
    return announcingRefusal(this.#ports.announce, about, async () =>
      this.#state.switchTo(await this.#ports.loader.recall(record, which, attempt, true), attempt),
    );
  }

  /** Puts what the store remembers into service; if that cannot be, announces why and returns undefined. */
  async #bringBack(record: AliasRecord, which: StoredPackage | undefined): Promise<ActivateDone | undefined> {
    const { loader, announce, closing } = this.#ports;
    if (!which || closing.aborted) return undefined;
    const attempt = this.#attempt();
    try {
      // Nobody answers for the alias until then: it need not stand back.
      const loaded = await loader.recall(record, which, attempt, this.served !== undefined);
      return await this.#state.switchTo(loaded, attempt, which === record.active ? record : undefined);
    } catch (thrown) {
      if (!closing.aborted) announce('model.restore-failed', { alias: this.name, error: wireErrorOf(thrown) });
      return undefined;
    } finally {
      attempt.end();
    }
  }

  /**
   * While this waited for its turn another instance may have taken over, the same package come back, or a successor failed. As long as
   * any version of its component is installed, a retired model is better than none: `followComponent` looks again.
   */
  async #leaveIfGone(model: ServingModel): Promise<void> {
    const { served } = this;
    if (!served?.retiring || served.serving !== model || !this.#state.isGraceOver) return;
    if (served.retiring === 'asked' || (await isComponentGone(served.record.source))) await this.#state.takeOut(model);
  }

  /** A version that brings its processes down again and again is taken out of service, and the one before it takes over. */
  #faulted(model: ServingModel, fault: InstanceFault): void {
    if (fault.reason === 'killed') return;
    const { quarantine, closing } = this.#ports;
    const former = this.served?.record.previous?.kept === true;
    const deaths = quarantine.tooMany(model.identity, former);
    if (deaths === undefined || closing.aborted) return;
    void this.#inTurn(async () => {
      if (this.served?.serving === model) await this.#quarantine(this.served, fault.message, deaths);
    });
  }

  async #quarantine({ serving: model, record }: ServedModel, reason: string, deaths: number): Promise<void> {
    const { quarantine, announce } = this.#ports;
    await quarantine.add(model.identity, reason, deaths);
    // The alias is without an answer only if the version before is missing or does not load.
    const former = (await this.#bringBack(record, record.previous))?.model;
    if (!former) await this.#state.takeOut(model);
    announce('model.quarantined', { model: model.identity, reason, deaths, ...(former ? { former } : {}) });
  }

  /** As `#inTurn`, for work that brings a model: from now on requests wait for it. */
  async #expecting<T>(work: () => Promise<T>, attempt?: Attempt): Promise<T> {
    const arrived = this.#state.expect();
    try {
      return await this.#inTurn(work, attempt);
    } finally {
      arrived();
      this.#ports.onIdle(this.name);
    }
  }

  /** Runs a change after those that were asked for before. */
  async #inTurn<T>(work: () => Promise<T>, attempt?: Attempt): Promise<T> {
    try {
      return await (attempt ? attempt.turn(this.#turns, work) : this.#turns.run(work));
    } finally {
      attempt?.end();
      this.#state.settle();
      this.#ports.onIdle(this.name);
    }
  }

  #attempt(): Attempt {
    return this.#ports.attempt(`the model of "${this.name}"`);
  }

  #statusNow(): ModelStatus {
    return this.status ?? this.#notActive();
  }

  #active(): ServedModel {
    return this.served ?? this.#notActive();
  }

  #notActive(): never {
    const active = this.#ports.aliases();
    const which = active.length === 0 ? 'none is' : `active: ${active.join(', ')}`;
    const message = `no model is active under the alias "${this.name}" (${which})`;
    throw agentErrors.error('model.not-active', message, { facts: { alias: this.name, active } });
  }
}
