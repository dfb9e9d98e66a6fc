import path from 'node:path';
import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { JsonFile } from '../files/json-file.ts';
import type { ConfigurationStore } from '../ports.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import { coreErrors } from '../errors.ts';
import { decodeBranch, encodeTree } from './tree-json.ts';
import { changedPaths, exactCase, ignoreCase, mergeAt, modifiedAt, nodeAt, toPlain } from './tree.ts';
import type { ConfigBranch, FoldKey } from './tree.ts';
import { applyUpdate } from './update.ts';
import type { ConfigurationUpdate } from './update.ts';

/** All configurations at one moment; what a rollback restores. */
export type ConfigurationSnapshot = ReadonlyMap<string, ConfigBranch>;

interface Subscription {
  readonly component: string;
  readonly keyPath: readonly string[];
  readonly listener: (changedPath: readonly string[]) => void;
}

interface PendingRollback {
  readonly by: string;
  readonly trees: ConfigurationSnapshot;
}

/** The configuration of every component, kept on disk. */
export class DiskConfigurationStore implements ConfigurationStore {
  readonly #file: JsonFile;
  readonly #fold: FoldKey;
  readonly #log: Logger;
  #trees: ReadonlyMap<string, ConfigBranch>;
  readonly #subscriptions = new Set<Subscription>();
  #rollback: PendingRollback | undefined;

  private constructor(file: string, trees: ReadonlyMap<string, ConfigBranch>, fold: FoldKey, log: Logger) {
    this.#file = new JsonFile(file, () => ({
      components: encodeAll(this.#trees),
      ...(this.#rollback ? { rollback: { by: this.#rollback.by, components: encodeAll(this.#rollback.trees) } } : {}),
    }));
    this.#trees = trees;
    this.#fold = fold;
    this.#log = log;
  }

  /**
   * If a deployment had begun to change things and did not end, its changes are undone, unless it is `lastDone`,
   * the deployment after which the list of deployed components was written.
   *
   * @throws configuration.unreadable
   */
  static async open(
    folder: string,
    options: { readonly strictLite?: boolean; readonly log: Logger; readonly lastDone?: string | undefined },
  ): Promise<{ readonly store: DiskConfigurationStore; readonly rolledBack: boolean }> {
    const file = path.join(folder, 'configuration.json');
    const fold = options.strictLite ? exactCase : ignoreCase;
    try {
      const stored = await JsonFile.read(file);
      const rollback = isPlainObject(stored) && isPlainObject(stored.rollback) ? stored.rollback : undefined;
      const rolledBack = rollback !== undefined && rollback.by !== options.lastDone;
      const trees = decodeAll(rolledBack ? rollback : stored, fold);
      return { store: new DiskConfigurationStore(file, trees, fold, options.log), rolledBack };
    } catch (cause) {
      const message = `the stored configuration ${file} cannot be read: ${messageOf(cause)}`;
      throw coreErrors.error('configuration.unreadable', message, { cause, facts: { file } });
    }
  }

  get(component: string, keyPath: readonly string[]): unknown {
    const node = nodeAt(this.#trees.get(component), keyPath, this.#fold);
    return node && toPlain(node);
  }

  merge(component: string, keyPath: readonly string[], value: unknown, timestampMs: number): boolean {
    const before = this.#trees.get(component);
    const after = mergeAt(before, keyPath, value, timestampMs, this.#fold);
    if (after.kind === 'branch' && after !== before) this.#replace(new Map(this.#trees).set(component, after));
    const node = nodeAt(after, keyPath, this.#fold);
    return node !== undefined && modifiedAt(node) <= timestampMs;
  }

  subscribe(
    component: string,
    keyPath: readonly string[],
    listener: (changedPath: readonly string[]) => void,
  ): () => void {
    const subscription = { component, keyPath: keyPath.map(this.#fold), listener };
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  /** The component's configuration after the update. */
  preview(component: string, update: ConfigurationUpdate): unknown {
    return toPlain(applyUpdate(this.#trees.get(component), update, this.#fold, this.#log));
  }

  /** Applies the updates of one deployment together; listeners run once all stand. */
  update(updates: ReadonlyMap<string, ConfigurationUpdate>): void {
    const trees = new Map(this.#trees);
    for (const [component, update] of updates) {
      trees.set(component, applyUpdate(trees.get(component), update, this.#fold, this.#log));
    }
    this.#replace(trees);
  }

  remove(components: Iterable<string>): void {
    const trees = new Map(this.#trees);
    for (const component of components) trees.delete(component);
    this.#replace(trees);
  }

  snapshot(): ConfigurationSnapshot {
    return this.#trees;
  }

  restore(snapshot: ConfigurationSnapshot): void {
    this.#replace(snapshot);
  }

  /** Keeps what a deployment may have to go back to, on disk, until `endChange`. */
  async beginChange(deploymentId: string, snapshot: ConfigurationSnapshot): Promise<void> {
    this.#rollback = { by: deploymentId, trees: snapshot };
    this.#file.schedule();
    await this.#file.flush();
  }

  async endChange(): Promise<void> {
    this.#rollback = undefined;
    this.#file.schedule();
    await this.#file.flush();
  }

  /** Resolves once everything is on disk. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  #replace(trees: ReadonlyMap<string, ConfigBranch>): void {
    const before = this.#trees;
    this.#trees = trees;
    this.#file.schedule();
    for (const component of new Set([...before.keys(), ...trees.keys()])) {
      const changes = changedPaths(before.get(component), trees.get(component));
      if (changes.length > 0) this.#notify(component, changes);
    }
  }

  #notify(component: string, changes: readonly (readonly string[])[]): void {
    for (const subscription of [...this.#subscriptions]) {
      if (subscription.component !== component) continue;
      for (const change of changes) {
        if (!this.#touches(subscription.keyPath, change)) continue;
        try {
          subscription.listener(change);
        } catch (error) {
          this.#log.error({ component, error }, 'configuration.listener-failed');
        }
      }
    }
  }

  /** A change at or below the watched path, or above it (its parent was replaced or removed). */
  #touches(watched: readonly string[], change: readonly string[]): boolean {
    const common = Math.min(watched.length, change.length);
    return watched.slice(0, common).every((key, index) => key === this.#fold(change[index] ?? ''));
  }
}

function encodeAll(trees: ConfigurationSnapshot): unknown {
  return Object.fromEntries([...trees].map(([name, tree]) => [name, encodeTree(tree)]));
}

function decodeAll(stored: unknown, fold: FoldKey): ConfigurationSnapshot {
  const components = isPlainObject(stored) && isPlainObject(stored.components) ? stored.components : {};
  return new Map(Object.entries(components).map(([name, tree]) => [name, decodeBranch(tree, fold)]));
}
