import { mkdir } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { BUILTINS, CLI, CLI_ACCESS, NUCLEUS } from './builtins.ts';
import { ComponentFactory, newToken } from './component-factory.ts';
import { DiskConfigurationStore } from './configuration/disk-store.ts';
import { applyDefinitions } from './deployment/activation.ts';
import type { RunningComponents } from './deployment/activation.ts';
import { readDeployedSet } from './deployment/deployed-set.ts';
import type { DeployedSet } from './deployment/deployed-set.ts';
import { Deployments } from './deployment/deployments.ts';
import { configurationUpdates, defineComponents, planComponents } from './deployment/plan.ts';
import type { PlanContext } from './deployment/plan.ts';
import { runDeployment } from './deployment/run-deployment.ts';
import type { DeploymentContext } from './deployment/change-components.ts';
import type { ComponentService } from './lifecycle/component-service.ts';
import { CORE_MARK, Guardian } from './lifecycle/guardian.ts';
import { ServiceGraph, withinTime } from './lifecycle/service-graph.ts';
import type { LifecycleState } from './lifecycle/state.ts';
import type { ComponentLine } from './logs/component-log.ts';
import { Nucleus } from './nucleus.ts';
import type { CorePaths } from './paths.ts';
import { devicePlatform } from '../recipe/device-platform.ts';
import type { ComponentNotifier } from './ports.ts';
import { isPlainObject } from '../recipe/recipe.ts';
import { ComponentStore } from './store/component-store.ts';

export interface EngineOptions {
  readonly paths: CorePaths;
  readonly clock: Clock;
  readonly log: Logger;
  readonly strictLite: boolean;
  readonly thingName: string;
  readonly platformOverride: Readonly<Record<string, string>>;
  /** Environment of a component that holds this token. */
  readonly environment: (token: string) => Readonly<Record<string, string>>;
  /** Asked during deployments. */
  readonly notifier: () => ComponentNotifier;
  readonly onState: (service: ComponentService, from: LifecycleState) => void;
  readonly onLine: (line: ComponentLine) => void;
  /** Tells a new guardian's process id, at the start and whenever one was lost. */
  readonly onGuardian: (pid: number) => Promise<void>;
}

/** After this time of an orderly stop, whatever is left is killed, as the nucleus does. */
const STOP_MS = 30_000;

/** Components, configuration, store and deployments, without IPC. */
export class Engine {
  readonly nucleus: Nucleus;
  readonly deployments: Deployments;
  readonly cliToken: string;
  readonly running: RunningComponents;
  readonly graph: ServiceGraph;
  readonly #options: EngineOptions;
  readonly #configuration: DiskConfigurationStore;
  readonly #store: ComponentStore;
  readonly #factory: ComponentFactory;
  readonly #mark: string;
  #guardian: Guardian;
  #deployed: DeployedSet;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;

  private constructor(options: EngineOptions, parts: OpenParts) {
    this.#options = options;
    this.#mark = parts.mark;
    this.#guardian = parts.guardian;
    this.#configuration = parts.configuration;
    this.#store = parts.store;
    this.#deployed = parts.deployed;
    this.graph = new ServiceGraph(Object.keys(BUILTINS));
    this.running = new Map();
    this.cliToken = newToken();
    this.#factory = new ComponentFactory({
      paths: options.paths,
      clock: options.clock,
      log: options.log,
      graph: this.graph,
      guardian: () => this.#guardian,
      environment: (token) => ({ ...options.environment(token), [CORE_MARK]: parts.mark }),
      onLine: options.onLine,
      onState: options.onState,
    });
    this.deployments = parts.deployments((job) => this.#deploy(job));
    this.nucleus = new Nucleus({
      configuration: this.#configuration,
      running: this.running,
      deployments: this.deployments,
      cliToken: this.cliToken,
      log: options.log,
    });
    this.#watchGuardian();
  }

  /** Opens what is on disk; no component runs yet. */
  static async open(options: EngineOptions): Promise<Engine> {
    const { paths, clock, log, strictLite } = options;
    for (const folder of [paths.config, paths.logs]) await mkdir(folder, { recursive: true });
    const store = new ComponentStore(paths, { strictLite });
    await store.prepare();
    const deployed = await readDeployedSet(paths.config);
    const { store: configuration, rolledBack } = await DiskConfigurationStore.open(paths.config, {
      strictLite,
      log,
      lastDone: deployed.by,
    });
    configuration.merge(CLI, [], CLI_ACCESS, clock.now());
    const mark = randomUUID();
    const guardian = await Guardian.start(mark);
    await options.onGuardian(guardian.pid);
    const history = await Deployments.read(paths.config, { log, rolledBack });
    const deployments = (run: Parameters<typeof Deployments.open>[1]['run']): Deployments =>
      Deployments.open(history, { clock, log, run });
    return new Engine(options, { mark, guardian, configuration, store, deployed, deployments });
  }

  /** Starts what was deployed when the core last ended. Where that cannot be defined any more, the log says why. */
  async restoreDeployed(): Promise<void> {
    const { log } = this.#options;
    try {
      const context = this.#planContext();
      const exact = Object.entries(this.#deployed.components).filter(([name]) => BUILTINS[name] === undefined);
      if (exact.length === 0) return;
      const planned = await planComponents(context, { deployed: Object.fromEntries(exact) }, new Map(exact), undefined);
      const roots = new Set<string>();
      this.#configuration.update(configurationUpdates(planned, {}, roots, new Map(exact), 1, context));
      const definitions = defineComponents(planned, (name) => this.#configuration.get(name, []), context);
      await applyDefinitions(this.#deploymentContext(), definitions, { bootstrap: false });
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'core.restore-failed');
    }
  }

  /** Ends every component, dependents first; after 30 s kills what is left. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    const { clock, log } = this.#options;
    const orderly = this.deployments.close().then(() => this.graph.closeAll());
    if (!(await withinTime(clock, STOP_MS, orderly))) log.warn({}, 'core.stop-forced');
    await this.#guardian.close(); // kills what is left
    await this.#configuration.flush();
    for (const component of this.running.values()) component.log.close();
  }

  async #deploy(job: Parameters<typeof runDeployment>[1]): Promise<Awaited<ReturnType<typeof runDeployment>>> {
    const result = await runDeployment(this.#deploymentContext(), job, this.#deployed);
    this.#deployed = result.deployed;
    return result;
  }

  #deploymentContext(): DeploymentContext {
    return {
      ...this.#planContext(),
      running: this.running,
      graph: this.graph,
      factory: this.#factory,
      clock: this.#options.clock,
      configuration: this.#configuration,
      stopping: this.#stopping.signal,
      notifier: this.#options.notifier(),
    };
  }

  #planContext(): PlanContext {
    const { paths, strictLite, thingName, log } = this.#options;
    const platform = devicePlatform({ override: this.#platformOverride(), strictLite });
    return { paths, store: this.#store, platform, builtins: BUILTINS, strictLite, thingName, log };
  }

  /** Attributes given at the start, under those that the configuration of the nucleus names; only text counts. */
  #platformOverride(): Readonly<Record<string, string>> {
    const configured = this.#configuration.get(NUCLEUS, ['platformOverride']);
    const entries = isPlainObject(configured) ? Object.entries(configured) : [];
    const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return { ...this.#options.platformOverride, ...Object.fromEntries(texts) };
  }

  /** A guardian that was killed is replaced at once, and told of the groups that run. */
  #watchGuardian(): void {
    this.#guardian.onExit(() => {
      if (this.#stopped) return;
      this.#options.log.warn({}, 'core.guardian-lost');
      Guardian.start(this.#mark)
        .then(async (guardian) => {
          this.#guardian = guardian;
          this.#watchGuardian();
          for (const { processes } of this.running.values())
            processes.groups.forEach((group) => guardian.signOn(group));
          await this.#options.onGuardian(guardian.pid);
        })
        .catch((error: unknown) => this.#options.log.error({ reason: messageOf(error) }, 'core.guardian-failed'));
    });
  }
}

interface OpenParts {
  readonly mark: string;
  readonly guardian: Guardian;
  readonly configuration: DiskConfigurationStore;
  readonly store: ComponentStore;
  readonly deployed: DeployedSet;
  readonly deployments: (run: Parameters<typeof Deployments.open>[1]['run']) => Deployments;
}
