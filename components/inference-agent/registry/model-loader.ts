import { openDataKey } from '#packages/model-package';
import type { ModelPackage, SignatureVerdict } from '#packages/model-package';
import { Serial } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { InstanceSpec } from '../instance/model-instance.ts';
import type { AliasRecord, ModelOwner, StoredPackage } from '../store/alias-record.ts';
import type { Attempt } from './attempt.ts';
import { checkMemory } from './memory-budget.ts';
import type { LoaderPorts } from './registry-ports.ts';
import { readBaseline } from './read-baseline.ts';
import { ServingModel } from './serving-model.ts';
import { vetPackage } from './vet-package.ts';

/** Where a package came from, and whether the store holds a copy of it. */
export interface Origin {
  readonly source: string;
  readonly owner: ModelOwner;
  readonly kept: boolean;
}

/** A package as it was brought; an archive lies unpacked in the store's own folder until it is kept or discarded. */
export interface BroughtPackage {
  /** Path that was asked for. */
  readonly source: string;
  readonly model: ModelPackage;
  readonly unpacked: boolean;
  readonly discard: () => Promise<void>;
}

/** A model that is warm and tested, and takes no requests yet. */
export interface LoadedModel {
  readonly serving: ServingModel;
  readonly model: ModelPackage;
  readonly origin: Origin;
  /** The claims of its signature; only of a package that was brought. */
  readonly verdict?: SignatureVerdict;
  /** Why the store does not hold a copy. */
  readonly notKept?: EdgeError;
}

/** From a path or a record to a model that is ready to serve; which alias that takes over is not decided here. */
export class ModelLoader {
  readonly #ports: LoaderPorts;
  /** One model loads at a time: memory is counted before, latency measured during, and both are the device's. */
  readonly #turns: Serial;
  /** The next one may start its process meanwhile. */
  readonly #starts = new Serial();
  #generation = 0;

  constructor(ports: LoaderPorts) {
    this.#ports = ports;
    this.#turns = ports.loadTurns ?? new Serial();
  }

  /**
   * Reads a package folder, or an archive of one.
   * @throws EdgeError `package.*`, `archive.*`, `model.manifest-invalid`
   */
  async bring(source: string, attempt: Attempt): Promise<BroughtPackage> {
    const { store } = this.#ports;
    attempt.progress({ phase: 'verify', message: `reading ${source}` });
    const { folder, unpacked, discard } = await attempt.run(
      'unpack',
      (signal) => store.unpack(source, signal),
      (late) => late.discard(),
    );
    try {
      const model = await attempt.run('read', (signal) => store.read(folder, signal));
      return { source, model, unpacked, discard };
    } catch (thrown) {
      await discard();
      throw thrown;
    }
  }

  /** Vets a package that was brought, copies it into the store and loads it from there. */
  async load(
    alias: string,
    { source, model, unpacked }: BroughtPackage,
    owner: ModelOwner,
    attempt: Attempt,
  ): Promise<LoadedModel> {
    const verdict = await vetPackage(this.#ports, { alias, path: source, model }, attempt);
    const kept = await attempt.run('store', (signal) => this.#ports.keep(alias, model, signal));
    // A package that is unpacked in the store's own folder and not kept there cannot be loaded from anywhere.
    if (!kept.kept && unpacked) throw kept.reason;
    const origin = { source, owner, kept: kept.kept };
    const loaded = { ...(await this.#open(alias, kept.model, origin, attempt)), verdict };
    return kept.kept ? loaded : { ...loaded, notKept: kept.reason };
  }

  /**
   * Vets and loads a package that the store remembers: the active one of the record, or the one before it.
   * @param inBackground whether what serves comes first until it is loaded
   * @throws EdgeError `store.corrupt`, and as `load`
   */
  async recall(
    record: AliasRecord,
    which: StoredPackage,
    attempt: Attempt,
    inBackground: boolean,
  ): Promise<LoadedModel> {
    const { alias, source, owner, active } = record;
    // The source holds the active package; whatever was there before is gone.
    const instead = which === active ? source : undefined;
    const model = await attempt.run('read', (signal) => this.#ports.store.recall(alias, which, instead, signal));
    await vetPackage(this.#ports, { alias, path: source, model }, attempt);
    return this.#open(alias, model, { source, owner, kept: which.kept }, attempt, inBackground);
  }

  async #open(
    alias: string,
    model: ModelPackage,
    origin: Origin,
    attempt: Attempt,
    inBackground = true,
  ): Promise<LoadedModel> {
    const { policy, freeMemory, openInstance, keys, clock } = this.#ports;
    const { dir: packageDir, hash, hashes, manifest, labels } = model;
    const started = await attempt.begin(this.#starts);
    try {
      const settings = policy().instance(alias);
      const check = (): void => checkMemory(model, settings, policy().memoryLimitBytes(alias), freeMemory());
      const baseline = await attempt.run('read', () => readBaseline(model));
      check();
      const { encryption } = manifest;
      const dataKey =
        encryption && (await attempt.run('decrypt', (signal) => openDataKey(packageDir, encryption, keys, signal)));
      const opened = { packageDir, packageHash: hash, hashes, manifest, labels, baseline, settings };
      const spec: InstanceSpec = dataKey === undefined ? opened : { ...opened, dataKey };
      const turn = <T>(load: () => Promise<T>): Promise<T> =>
        attempt.turn(this.#turns, () => {
          started();
          check();
          return attempt.run('load', load);
        });
      const instance = await attempt.run(
        'load',
        (signal) =>
          openInstance(spec, {
            signal,
            progress: attempt.progress,
            turn,
            inBackground: inBackground || this.#ports.role === 'challenger',
          }),
        (late) => late.close(),
      );
      const { name, version } = manifest;
      const identity = { alias, name, version, generation: ++this.#generation, hash };
      const serving = new ServingModel(identity, spec, instance, new Date(clock.now()).toISOString(), model.signature);
      return { serving, model, origin };
    } finally {
      started();
    }
  }
}
