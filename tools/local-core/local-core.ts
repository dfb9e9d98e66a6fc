import { assembleCore } from './assemble-core.ts';
import type { CoreListeners, CoreParts, LocalCoreOptions } from './assemble-core.ts';
import type { Engine } from './engine.ts';
import { coreErrors } from './errors.ts';
import type { IpcServer } from './ipc/server.ts';
import { lifecycleErrors } from './lifecycle/errors.ts';
import type { ComponentLine } from './logs/component-log.ts';
import type {
  ComponentState,
  ComponentSummary,
  DeploymentOutcome,
  LocalDeploymentRequest,
  NucleusPort,
} from './ports.ts';
import type { LocalPubSub } from './pubsub/local-pubsub.ts';
import type { StateChange } from './assemble-core.ts';

export type { LocalCoreOptions, StateChange } from './assemble-core.ts';

/**
 * A development runtime for Greengrass components: reads real recipes and artifacts, runs lifecycles with the nucleus' state
 * machine, serves IPC, keeps configuration, deploys with rollback. See README.md for what it does not do.
 *
 * @example
 * const core = await LocalCore.start({ root: '.edgeml/core' });
 * const outcome = await core.deploy({ recipeDirectoryPath, artifactsDirectoryPath, rootComponentVersionsToAdd: { A: '1.0.0' } });
 * await core.stop();
 */
export class LocalCore {
  readonly root: string;
  /** In-process publish/subscribe of the components. */
  readonly pubsub: LocalPubSub;
  /** The broker that stands in for IoT Core; undefined where there is none. */
  readonly mqttUrl: string | undefined;
  readonly ipc: IpcServer;
  readonly nucleus: NucleusPort;
  readonly #engine: Engine;
  readonly #listeners: CoreListeners;
  readonly #shutDown: () => Promise<void>;
  #stopped: Promise<void> | undefined;

  private constructor(parts: CoreParts) {
    this.root = parts.root;
    this.pubsub = parts.pubsub;
    this.mqttUrl = parts.mqttUrl;
    this.ipc = parts.ipc;
    this.nucleus = parts.engine.nucleus;
    this.#engine = parts.engine;
    this.#listeners = parts.listeners;
    this.#shutDown = parts.shutDown;
  }

  /** @throws core.root-in-use, core.unsupported-system, configuration.unreadable, socket.*, mqtt.* */
  static async start(options: LocalCoreOptions): Promise<LocalCore> {
    if (process.platform === 'win32') {
      throw coreErrors.error('core.unsupported-system', 'the local core does not run on Windows itself');
    }
    const core = new LocalCore(await assembleCore(options));
    await core.#engine.restoreDeployed();
    return core;
  }

  /** Deploys and waits for the end; failures are outcomes, not exceptions. Aborting the signal cancels while that is possible. */
  async deploy(request: LocalDeploymentRequest, signal?: AbortSignal): Promise<DeploymentOutcome> {
    if (this.#stopped) throw coreErrors.error('core.stopped', 'this core was stopped');
    const id = this.nucleus.createLocalDeployment(request);
    const onAbort = (): void => void this.nucleus.cancelLocalDeployment(id);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const record = await this.#engine.deployments.ended(id);
      return record ?? { deploymentId: id, status: 'CANCELED' };
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  components(): readonly ComponentSummary[] {
    return this.nucleus.components();
  }

  /** Called after every change of a component's state. Returns a function that ends it. */
  onState(listener: (change: StateChange) => void): () => void {
    this.#listeners.state.add(listener);
    return () => this.#listeners.state.delete(listener);
  }

  /** Called with every line that a component writes. Returns a function that ends it. */
  onLine(listener: (line: ComponentLine) => void): () => void {
    this.#listeners.line.add(listener);
    return () => this.#listeners.line.delete(listener);
  }

  /**
   * Resolves when the component is in the state. Pass `AbortSignal.timeout(…)` to bound the waiting.
   *
   * @throws component.state-not-reached when the signal aborts first, or when the component becomes BROKEN meanwhile
   */
  waitFor(component: string, state: ComponentState, signal?: AbortSignal): Promise<ComponentSummary> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.components().find((one) => one.componentName === component);
        if (found?.state === state) finish(() => resolve(found));
        else if (found?.state === 'BROKEN') finish(() => reject(notReached(component, state, found)));
      };
      const onAbort = (): void => {
        const found = this.components().find((one) => one.componentName === component);
        finish(() => reject(notReached(component, state, found)));
      };
      const stop = this.onState(look);
      const finish = (then: () => void): void => {
        stop();
        signal?.removeEventListener('abort', onAbort);
        then();
      };
      if (signal?.aborted) onAbort();
      else {
        signal?.addEventListener('abort', onAbort, { once: true });
        look();
      }
    });
  }

  /** Ends every component and the core; no process is left. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#shutDown());
  }
}

function notReached(component: string, state: ComponentState, found: ComponentSummary | undefined): Error {
  const now = found ? `is ${found.state}${found.statusReason ? ` (${found.statusReason})` : ''}` : 'is not deployed';
  return lifecycleErrors.error('component.state-not-reached', `${component} did not become ${state}: it ${now}`, {
    facts: { component, state, now: found?.state },
  });
}
