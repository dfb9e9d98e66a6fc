import { join } from 'node:path';
import { silentLogger } from '#packages/foundation';
import { DEFAULT_PACKAGE_LIMITS } from '#packages/model-package';
import type { KeyHolder } from '#packages/model-package';
import type { ActivateProgress } from '#packages/http';

import { FakeClock } from '../clock/fake-clock.ts';
import type { AgentEventName, AgentEvents } from '../../components/inference-agent/events/agent-event.ts';
import { specOf } from './instance-conformance.ts';
import type { InstanceSettings } from '../../components/inference-agent/instance/model-instance.ts';
import { MemoryInstances } from './memory-instance.ts';
import { MinimumVersions } from '../../components/inference-agent/trust/minimum-versions.ts';
import { Quarantine } from '../../components/inference-agent/registry/quarantine.ts';
import { ModelRegistry } from '../../components/inference-agent/registry/model-registry.ts';
import type { RegistryPolicy } from '../../components/inference-agent/registry/registry-ports.ts';
import { PackageStore } from '../../components/inference-agent/store/package-store.ts';
import type { StoreOptions } from '../../components/inference-agent/store/package-store.ts';
import { memoryScripted } from './memory-scripted.ts';

/** A device that can open no encrypted package. */
export const NO_KEYS: KeyHolder = {
  deviceKey: async () => undefined,
  decryptByKms: () => Promise.reject(new Error('KMS is not at hand')),
};

/** A registry with its surroundings in the test's hands: clock, policy, memory, and instances without threads. */
export class RegistryRig {
  readonly clock = new FakeClock();
  readonly events: { readonly event: AgentEventName; readonly facts: AgentEvents[AgentEventName] }[] = [];
  readonly instances = new MemoryInstances(memoryScripted);
  settings: InstanceSettings = specOf().settings;
  policy: Partial<RegistryPolicy> = {};
  keys: KeyHolder = NO_KEYS;
  freeBytes = 8 * 1024 ** 3;
  storeBounds = { maxBytes: 1_000_000, minFreeBytes: 0, package: DEFAULT_PACKAGE_LIMITS };
  changes = 0;
  readonly #folder: string;
  readonly #openStore: (options: StoreOptions) => PackageStore;

  /** @param openStore default: the real one */
  constructor(folder: string, openStore = (options: StoreOptions) => new PackageStore(options)) {
    this.#folder = folder;
    this.#openStore = openStore;
  }

  get storeFolder(): string {
    return join(this.#folder, 'models');
  }

  async openStore(): Promise<PackageStore> {
    const store = this.#openStore({ folder: this.storeFolder, bounds: () => this.storeBounds });
    await store.open();
    return store;
  }

  /** A registry as after a start of the agent, before `restore`. */
  async start(store?: PackageStore): Promise<ModelRegistry> {
    store ??= await this.openStore();
    const quarantine = new Quarantine({
      file: join(this.#folder, 'quarantine.json'),
      clock: this.clock,
      random: () => 1,
      onNotKept: (error) => this.events.push({ event: 'quarantine.not-kept', facts: { error: error.toJSON() } }),
    });
    await quarantine.open();
    const minimums = new MinimumVersions(join(this.#folder, 'minimum-versions.json'), silentLogger);
    await minimums.open();
    return new ModelRegistry({
      clock: this.clock,
      random: () => 1,
      quarantine,
      minimums,
      store,
      openInstance: this.instances.open,
      keys: this.keys,
      announce: (event, facts) => this.events.push({ event, facts }),
      freeMemory: () => this.freeBytes,
      onChange: () => this.changes++,
      policy: () => ({
        trust: { policy: 'off', keys: {} },
        golden: 'warn',
        minimumVersion: (alias) => minimums.of(alias),
        retireGraceMs: 60_000,
        loadTimeoutMs: 120_000,
        instance: () => this.settings,
        memoryLimitBytes: () => undefined,
        drainMs: () => 10_000,
        ...this.policy,
      }),
    });
  }

  names(): readonly AgentEventName[] {
    return this.events.map(({ event }) => event);
  }

  last<Name extends AgentEventName>(name: Name): AgentEvents[Name] | undefined {
    return this.events.findLast(({ event }) => event === name)?.facts as AgentEvents[Name] | undefined;
  }
}

/** Collects progress lines by their phase. */
export function phases(): { readonly seen: string[]; readonly progress: (step: ActivateProgress) => void } {
  const seen: string[] = [];
  return { seen, progress: ({ phase }) => void (seen.at(-1) === phase || seen.push(phase)) };
}
