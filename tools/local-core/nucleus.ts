import { mkdir } from 'node:fs/promises';
import { messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { devicePlatform } from '../recipe/device-platform.ts';
import { isPlainObject } from '../recipe/recipe.ts';
import { BUILTINS, builtinSummaries, CLI, CLI_ACCESS, NUCLEUS } from './builtins.ts';
import { DiskConfigurationStore } from './configuration/disk-store.ts';
import { applyDefinitions } from './deployment/activation.ts';
import type { RunningComponents } from './deployment/activation-context.ts';
import type { DeploymentContext } from './deployment/change-components.ts';
import { readDeployedSet } from './deployment/deployed-set.ts';
import type { DeployedSet } from './deployment/deployed-set.ts';
import { Deployments } from './deployment/deployments.ts';
import type { DeploymentHistory, DeploymentRecord, RunDeployment } from './deployment/deployments.ts';
import { configurationUpdates, defineComponents, planComponents } from './deployment/plan.ts';
import type { PlanContext } from './deployment/plan.ts';
import { runDeployment } from './deployment/run-deployment.ts';
import { coreErrors } from './errors.ts';
import { GuardianKeeper } from './lifecycle/guardian-keeper.ts';
import { createComponent, newToken } from './lifecycle/running-component.ts';
import type { ComponentSurroundings, RunningComponent } from './lifecycle/running-component.ts';
import { ServiceGraph, withinTime } from './lifecycle/service-graph.ts';
import { shownState } from './lifecycle/state.ts';
import type { CorePaths } from './paths.ts';
import type { ComponentNotifier, ComponentSummary, LocalDeploymentRequest, NucleusPort } from './ports.ts';
import { ComponentStore } from './store/component-store.ts';

export interface NucleusOptions extends Pick<ComponentSurroundings, 'environment' | 'onState' | 'onLine'> {
  readonly paths: CorePaths;
  readonly clock: Clock;
  readonly log: Logger;
  readonly strictLite: boolean;
  readonly thingName: string;
  readonly platformOverride: Readonly<Record<string, string>>;
  /** Asked during deployments. */
  readonly notifier: () => ComponentNotifier;
  /** Told a new guardian's process id, at the start and whenever one was lost. */
  readonly onGuardian: (pid: number) => Promise<void>;
}

/** After this time of an orderly stop, whatever is left is killed, as the nucleus does. */
const STOP_MS = 30_000;

/** Components, configuration, store and deployments: all of the core that is not a way to reach it. */
export class Nucleus implements NucleusPort {
  readonly configuration: DiskConfigurationStore;
  readonly running: RunningComponents;
  readonly graph: ServiceGraph;
  /** Token of command-line clients. */
  readonly cliToken = newToken();
  readonly #options: NucleusOptions;
  readonly #store: ComponentStore;
  readonly #keeper: GuardianKeeper;
  readonly #deployments: Deployments;
  readonly #stopping = new AbortController();
  #deployed: DeployedSet;
  #closed: Promise<void> | undefined;

  private constructor(options: NucleusOptions, opened: Opened) {
    const { clock, log } = options;
    this.#options = options;
    this.graph = new ServiceGraph(Object.keys(BUILTINS), { lite: options.strictLite });
    this.configuration = opened.configuration;
    this.running = opened.running;
    this.#store = opened.store;
    this.#keeper = opened.keeper;
    this.#deployed = opened.deployed;
    this.#deployments = Deployments.open(opened.history, { clock, log, run: (job) => this.#deploy(job) });
  }

  /** Opens what is on disk; no component runs yet. */
  static async open(options: NucleusOptions): Promise<Nucleus> {
    const { paths, clock, log, strictLite, onGuardian } = options;
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
    const running: RunningComponents = new Map();
    const groups = (): number[] => [...running.values()].flatMap(({ processes }) => processes.groups);
    const keeper = await GuardianKeeper.start({ groups, onGuardian, log });
    const history = await Deployments.read(paths.config, { log, rolledBack });
    return new Nucleus(options, { store, deployed, configuration, running, keeper, history });
  }

  /** Starts what was deployed when the core last ended. If that cannot be defined any more, the log says why. */
  async restoreDeployed(): Promise<void> {
    try {
      const context = this.#planContext();
      const exact = Object.entries(this.#deployed.components).filter(([name]) => BUILTINS[name] === undefined);
      if (exact.length === 0) return;
      const planned = await planComponents(context, { deployed: Object.fromEntries(exact) }, new Map(exact), undefined);
      const roots = new Set<string>();
      this.configuration.update(configurationUpdates(planned, {}, roots, new Map(exact), 1, context));
      const definitions = defineComponents(planned, (name) => this.configuration.get(name, []), context);
      await applyDefinitions(this.#deploymentContext(), definitions, { bootstrap: false });
    } catch (error) {
      this.#options.log.error({ reason: messageOf(error) }, 'core.restore-failed');
    }
  }

  componentOfToken(token: string): string | undefined {
    if (token === this.cliToken) return CLI;
    for (const [name, component] of this.running) if (component.token === token) return name;
    return undefined;
  }

  components(): readonly ComponentSummary[] {
    const own = [...this.running.values()].map((component) => this.#summaryOf(component));
    return [...builtinSummaries((name) => this.configuration.get(name, [])), ...own];
  }

  reportState(component: string, state: 'RUNNING' | 'ERRORED'): void {
    const found = this.running.get(component);
    if (found) found.service.report(state);
    else this.#options.log.warn({ component, state }, 'component.report-ignored');
  }

  /** Asks for a restart; resolves at once, as a component may restart itself. */
  async restart(component: string): Promise<void> {
    const { service } = this.#find(component);
    if (service.state === 'BROKEN') {
      const message = `${component} is BROKEN and cannot be restarted: ${service.statusReason ?? 'no reason given'}`;
      throw coreErrors.error('component.broken', message, { facts: { component } });
    }
    service.requestRestart();
  }

  /** Asks for a stop; the component stays FINISHED until it is restarted or deployed again. */
  async stop(component: string): Promise<void> {
    this.#find(component).service.requestStop();
  }

  createLocalDeployment(request: LocalDeploymentRequest): string {
    return this.#deployments.create(request);
  }

  cancelLocalDeployment(deploymentId: string): boolean {
    return this.#deployments.cancel(deploymentId);
  }

  deployments(): readonly DeploymentRecord[] {
    return this.#deployments.records();
  }

  /** Resolves when the deployment has ended; to undefined if there is none of that id. */
  deploymentEnded(deploymentId: string): Promise<DeploymentRecord | undefined> {
    return this.#deployments.ended(deploymentId);
  }

  /** Ends every component, dependents first; after 30 s kills what is left. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    const { clock, log } = this.#options;
    const orderly = this.#deployments.close().then(() => this.graph.closeAll());
    if (!(await withinTime(clock, STOP_MS, orderly))) log.warn({}, 'core.stop-forced');
    await this.#keeper.close(); // kills what is left
    await this.configuration.flush();
    for (const component of this.running.values()) component.log.close();
  }

  async #deploy(job: Parameters<RunDeployment>[0]): ReturnType<RunDeployment> {
    const result = await runDeployment(this.#deploymentContext(), job, this.#deployed);
    this.#deployed = result.deployed;
    return result;
  }

  #deploymentContext(): DeploymentContext {
    const { clock, environment, notifier } = this.#options;
    const surroundings: ComponentSurroundings = {
      ...this.#options,
      graph: this.graph,
      guardian: () => this.#keeper.guardian,
      groupsOfOthers: (name) => this.#groupsBesides(name),
      environment: (token) => ({ ...environment(token), ...this.#keeper.mark }),
    };
    return {
      ...this.#planContext(),
      running: this.running,
      graph: this.graph,
      create: (definition) => createComponent(definition, surroundings),
      clock,
      configuration: this.configuration,
      stopping: this.#stopping.signal,
      notifier: notifier(),
    };
  }

  #planContext(): PlanContext {
    const { paths, strictLite, thingName, log } = this.#options;
    const platform = devicePlatform({ override: this.#platformOverride(), strictLite });
    return { paths, store: this.#store, platform, builtins: BUILTINS, strictLite, thingName, log };
  }

  /** Attributes given at the start, under those that the configuration of the nucleus names; only text counts. */
  #platformOverride(): Readonly<Record<string, string>> {
    const configured = this.configuration.get(NUCLEUS, ['platformOverride']);
    const entries = isPlainObject(configured) ? Object.entries(configured) : [];
    const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return { ...this.#options.platformOverride, ...Object.fromEntries(texts) };
  }

  #groupsBesides(name: string): ReadonlySet<number> {
    return new Set([...this.running].flatMap(([other, { processes }]) => (other === name ? [] : processes.groups)));
  }

  #find(name: string): RunningComponent {
    const found = this.running.get(name);
    if (found) return found;
    const there = [...this.running.keys()].join(', ') || 'none';
    throw coreErrors.error('component.unknown', `there is no component "${name}"; deployed are ${there}`);
  }

  #summaryOf({ service }: RunningComponent): ComponentSummary {
    return {
      componentName: service.name,
      version: service.definition.version,
      state: shownState(service.state),
      configuration: (this.configuration.get(service.name, []) ?? {}) as Readonly<Record<string, unknown>>,
      ...(service.statusReason === undefined ? {} : { statusReason: service.statusReason }),
    };
  }
}

interface Opened {
  readonly store: ComponentStore;
  readonly deployed: DeployedSet;
  readonly configuration: DiskConfigurationStore;
  readonly running: RunningComponents;
  readonly keeper: GuardianKeeper;
  readonly history: DeploymentHistory;
}
