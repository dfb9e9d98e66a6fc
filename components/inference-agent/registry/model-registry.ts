import { basename } from 'node:path';
import type { ActivateDone, ActivateRequest, ModelStatus } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { AliasRecord, ModelOwner } from '../store/alias-record.ts';
import type { RoomTaken } from '../store/plan-room.ts';
import type { AliasPorts } from './alias-ports.ts';
import type { AliasTarget, RetireReason, ServedModel } from './alias-state.ts';
import { Attempt } from './attempt.ts';
import type { Progress } from './attempt.ts';
import { ModelLoader } from './model-loader.ts';
import { announcingRefusal } from './refusal.ts';
import type { RegistryPorts } from './registry-ports.ts';
import { ServedAlias } from './served-alias.ts';
import type { ServingModel } from './serving-model.ts';

/** The table of aliases, and what they share. Each alias keeps its own state. */
export class ModelRegistry {
  readonly #ports: AliasPorts;
  readonly #aliases = new Map<string, ServedAlias>();
  readonly #closing = new AbortController();

  constructor(ports: RegistryPorts) {
    const loaderPorts = {
      ...ports,
      keep: (...[alias, model, signal]: Parameters<AliasPorts['keep']>) =>
        ports.store.keep(alias, model, this.#records(), (evicted) => this.#get(evicted)?.previousEvicted(), signal),
    };
    this.#ports = {
      ...loaderPorts,
      loader: new ModelLoader(loaderPorts),
      closing: this.#closing.signal,
      attempt: (about, progress = () => undefined, signal) => this.#attempt(about, progress, signal),
      aliases: () => this.aliases(),
      onIdle: (alias) => {
        if (this.#get(alias)?.isEmpty) this.#aliases.delete(alias);
      },
    };
  }

  /** Whether a model is being activated, drained or retired right now. */
  get busy(): boolean {
    return [...this.#aliases.values()].some((alias) => alias.isBusy);
  }

  /** The model that serves the alias; `pending` while its first model is on the way; the reason if its model is in quarantine. */
  target(alias: string): AliasTarget {
    return this.#get(alias)?.target;
  }

  aliases(): readonly string[] {
    return [...this.#aliases.values()].flatMap(({ name, served }) => (served ? [name] : []));
  }

  /** Aliases that have no model yet, and one on its way. */
  expected(): readonly string[] {
    return [...this.#aliases.values()].flatMap(({ name, target }) => (target === 'pending' ? [name] : []));
  }

  list(): readonly ModelStatus[] {
    return [...this.#aliases.values()].flatMap(({ status }) => status ?? []);
  }

  /** The models that serve. */
  serving(): readonly ServingModel[] {
    return [...this.#aliases.values()].flatMap(({ served }) => served?.serving ?? []);
  }

  served(alias: string): ServedModel | undefined {
    return this.#get(alias)?.served;
  }

  /**
   * Brings a package into service: read, verify, load, warm up, golden test, switch, drain; all but the last two within
   * `LoadTimeoutSeconds`. The present model serves until the switch, and continues if anything fails.
   * `source` is what is remembered as its origin. Default: `path`.
   * @throws EdgeError with the reason of the refusal
   */
  async activate(
    request: Pick<ActivateRequest, 'path' | 'alias'> & { readonly owner?: ModelOwner; readonly source?: string },
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<ActivateDone> {
    const { path, owner = 'component', source } = request;
    let alias = request.alias ?? basename(path);
    const about = () => ({ alias, path, serving: this.served(alias)?.serving.identity });
    const attempt = this.#attempt(path, progress, signal);
    this.#get(alias)?.renewStay();
    return announcingRefusal(this.#ports.announce, about, async () => {
      const brought = { ...(await this.#ports.loader.bring(path, attempt)), ...(source ? { source } : {}) };
      try {
        alias = checkedAlias(request.alias ?? brought.model.manifest.name);
        return await this.#at(alias).activate(brought, owner, attempt);
      } finally {
        await brought.discard();
      }
    }).finally(() => {
      attempt.end();
      this.#get(alias)?.renewStay();
    });
  }

  /** A request to the alias was refused: it is lost if no model takes requests that did before. */
  missed(alias: string): void {
    this.#get(alias)?.miss();
  }

  /**
   * Retires what serves the alias.
   * @param path the package of a component that was stopped: it serves on until a successor does, or the component is gone
   * @throws EdgeError `model.not-active`
   */
  retire(alias: string, path?: string): Promise<ModelStatus> {
    const reason: RetireReason = path === undefined ? 'asked' : 'component-stopped';
    return this.#at(alias).retire(path, reason);
  }

  /** @throws EdgeError `model.not-active` */
  unload(alias: string): Promise<void> {
    return this.#at(alias).unload();
  }

  /** Puts the package that was active before back into service, the same way as any other. @throws EdgeError */
  rollback(alias: string, progress: Progress, signal?: AbortSignal): Promise<ModelStatus> {
    return this.#at(alias).rollback(this.#attempt(`the former model of "${alias}"`, progress, signal));
  }

  /**
   * Brings back what was active when the agent last ran. Resolves once it is known which aliases that concerns: from then on
   * requests and activations wait for them; `finished` resolves when all have come or failed. Neither ever rejects.
   */
  async restore(): Promise<{ readonly records: readonly AliasRecord[]; readonly finished: Promise<void> }> {
    const { store, quarantine, announce } = this.#ports;
    const { records, problems } = await store.records();
    for (const error of problems) {
      announce('model.restore-failed', { alias: String(error.facts['alias']), error: error.toJSON() });
    }
    // Their requests are answered with the reason, whether or not anything is remembered of them.
    for (const alias of quarantine.aliases()) this.#at(alias);
    const restored = records.map((record) => this.#at(record.alias).restore(record));
    return { records, finished: Promise.all(restored).then(() => undefined) };
  }

  /** The configuration has changed: each alias looks again at what serves it. Never rejects. */
  async review(): Promise<void> {
    await Promise.all([...this.#aliases.values()].map((alias) => alias.review()));
  }

  /** Looks which models have lost their component. Never rejects. */
  async retireOrphans(): Promise<void> {
    for (const alias of [...this.#aliases.values()]) await alias.followComponent();
  }

  /** Begins nothing new and gives up what is under way; what serves continues. */
  freeze(): void {
    this.#closing.abort(agentErrors.error('model.superseded', 'the agent is ending'));
  }

  /** Ends all instances once they have drained, after `timeoutMs` at most. The store's records stay. */
  async close(timeoutMs: number): Promise<void> {
    this.freeze();
    await Promise.all([...this.#aliases.values()].map((alias) => alias.close(timeoutMs)));
  }

  #get(alias: string): ServedAlias | undefined {
    return this.#aliases.get(alias);
  }

  #at(name: string): ServedAlias {
    const alias = this.#get(name) ?? new ServedAlias(name, this.#ports);
    this.#aliases.set(name, alias);
    return alias;
  }

  #records(): readonly RoomTaken[] {
    return [...this.#aliases.values()].flatMap(({ served, status }) =>
      served ? [{ ...served.record, pinned: status?.notKept !== undefined }] : [],
    );
  }

  #attempt(about: string, progress: Progress, signal?: AbortSignal): Attempt {
    const { clock, policy } = this.#ports;
    const { signal: closing } = this.#closing;
    return new Attempt({
      clock,
      timeoutMs: policy().loadTimeoutMs,
      about,
      progress,
      signal: signal ? AbortSignal.any([signal, closing]) : closing,
    });
  }
}

function checkedAlias(alias: string): string {
  if (/^[A-Za-z0-9](?:[-_.]*[A-Za-z0-9]){0,127}$/.test(alias)) return alias;
  throw agentErrors.error('model.alias-invalid', `"${alias.slice(0, 200)}" cannot be the alias of a model`);
}
