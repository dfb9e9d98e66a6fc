import { randomUUID } from 'node:crypto';

import type {
  ComponentState,
  ComponentSummary,
  ConfigurationStore,
  DeploymentOutcome,
  LocalDeploymentRequest,
  NucleusPort,
} from '../../tools/local-core/ports.ts';

/** A component of the twin. */
export interface MemoryComponent {
  /** Default: `token-of-<name>`. */
  readonly token?: string;
  /** Default: `1.0.0`. */
  readonly version?: string;
  /** Default: `RUNNING`. */
  readonly state?: ComponentState;
  /** Default: empty. */
  readonly configuration?: Readonly<Record<string, unknown>>;
}

/** The twin's own side: what the server asked of it, and ways to change it. */
export interface MemoryNucleusPort extends NucleusPort {
  /** The server's requests, in order: `restart X`, `stop X`, `X reports RUNNING`. */
  readonly actions: readonly string[];
  readonly deploymentRequests: readonly LocalDeploymentRequest[];
  tokenOf(component: string): string;
  /** Replaces the value at the path whatever its age, and tells subscribers. */
  configure(component: string, keyPath: readonly string[], value: unknown): void;
  setDeployment(outcome: DeploymentOutcome): void;
}

/** The nucleus' twin in memory, for tests of the IPC server and of its clients. Times are those that callers give. */
export function memoryNucleusPort(
  components: Readonly<Record<string, MemoryComponent>>,
  now: () => number = Date.now,
): MemoryNucleusPort {
  const configuration = new MemoryConfigurationStore(components);
  const tokenOf = (name: string): string => components[name]?.token ?? `token-of-${name}`;
  const byToken = new Map(Object.keys(components).map((name) => [tokenOf(name), name]));
  const actions: string[] = [];
  const deploymentRequests: LocalDeploymentRequest[] = [];
  const outcomes = new Map<string, DeploymentOutcome & { readonly createdOn: number }>();

  return {
    configuration,
    actions,
    deploymentRequests,
    tokenOf,
    componentOfToken: (token) => byToken.get(token),
    components: () =>
      Object.entries(components).map(([componentName, component]): ComponentSummary => ({
        componentName,
        version: component.version ?? '1.0.0',
        state: component.state ?? 'RUNNING',
        configuration: configuration.get(componentName, []) as Record<string, unknown>,
      })),
    reportState: (component, state) => void actions.push(`${component} reports ${state}`),
    async restart(component) {
      if (components[component]?.state === 'BROKEN') throw new Error(`${component} is BROKEN`);
      actions.push(`restart ${component}`);
    },
    stop: async (component) => void actions.push(`stop ${component}`),
    createLocalDeployment(request) {
      deploymentRequests.push(request);
      const deploymentId = randomUUID();
      outcomes.set(deploymentId, { deploymentId, status: 'QUEUED', createdOn: now() });
      return deploymentId;
    },
    cancelLocalDeployment(deploymentId) {
      const outcome = outcomes.get(deploymentId);
      if (outcome?.status !== 'QUEUED' && outcome?.status !== 'IN_PROGRESS') return false;
      outcomes.set(deploymentId, { ...outcome, status: 'CANCELED' });
      return true;
    },
    deployments: () => [...outcomes.values()],
    configure: (component, keyPath, value) => configuration.replace(component, keyPath, value),
    setDeployment(outcome) {
      outcomes.set(outcome.deploymentId, { createdOn: now(), ...outcomes.get(outcome.deploymentId), ...outcome });
    },
  };
}

interface Listener {
  readonly component: string;
  readonly keyPath: readonly string[];
  readonly call: (changedPath: readonly string[]) => void;
}

/** Keeps one time per leaf path; enough of the nucleus' rules for merge, refusal of older values and events. */
class MemoryConfigurationStore implements ConfigurationStore {
  readonly #values: Record<string, unknown>;
  readonly #times = new Map<string, number>();
  readonly #listeners = new Set<Listener>();

  constructor(components: Readonly<Record<string, MemoryComponent>>) {
    const values = Object.entries(components).map(([name, { configuration }]) => [name, configuration ?? {}]);
    this.#values = structuredClone(Object.fromEntries(values)) as Record<string, unknown>;
  }

  get(component: string, keyPath: readonly string[]): unknown {
    const value = [component, ...keyPath].reduce<unknown>(
      (node, key) => (isContainer(node) && Object.hasOwn(node, key) ? node[key] : undefined),
      this.#values,
    );
    return structuredClone(value);
  }

  merge(component: string, keyPath: readonly string[], value: unknown, timestampMs: number): boolean {
    const changes = leaves(value, keyPath);
    const isOlder = (path: readonly string[]): boolean =>
      (this.#times.get(timeKey(component, path)) ?? 0) > timestampMs;
    if (changes.some(({ path }) => isOlder(path))) return false;
    for (const change of changes) {
      this.#times.set(timeKey(component, change.path), timestampMs);
      this.replace(component, change.path, change.value);
    }
    return true;
  }

  replace(component: string, keyPath: readonly string[], value: unknown): void {
    const path = [component, ...keyPath];
    let node = this.#values;
    for (const key of path.slice(0, -1)) {
      const next = node[key];
      node = isContainer(next) ? next : (node[key] = {});
    }
    node[path[path.length - 1] as string] = structuredClone(value);
    for (const listener of [...this.#listeners]) {
      const concerned = listener.keyPath.every((key, at) => keyPath[at] === key);
      if (listener.component === component && concerned) listener.call(keyPath);
    }
  }

  subscribe(component: string, keyPath: readonly string[], call: Listener['call']): () => void {
    const listener = { component, keyPath, call };
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

function leaves(value: unknown, path: readonly string[]): { path: readonly string[]; value: unknown }[] {
  if (!isContainer(value)) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

const timeKey = (component: string, path: readonly string[]): string => JSON.stringify([component, ...path]);

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
