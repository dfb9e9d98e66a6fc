import type { Logger } from '#packages/foundation';

import { builtinSummaries, CLI } from './builtins.ts';
import type { RunningComponents } from './deployment/activation.ts';
import type { Deployments } from './deployment/deployments.ts';
import { lifecycleErrors } from './lifecycle/errors.ts';
import { shownState } from './lifecycle/state.ts';
import type { RunningComponent } from './component-factory.ts';
import type { ComponentSummary, ConfigurationStore, LocalDeploymentRequest, NucleusPort } from './ports.ts';

/** The engine as the IPC server sees it. */
export class Nucleus implements NucleusPort {
  readonly configuration: ConfigurationStore;
  readonly #running: RunningComponents;
  readonly #deployments: Deployments;
  readonly #cliToken: string;
  readonly #log: Logger;

  constructor(parts: {
    readonly configuration: ConfigurationStore;
    readonly running: RunningComponents;
    readonly deployments: Deployments;
    /** Token of command-line clients. */
    readonly cliToken: string;
    readonly log: Logger;
  }) {
    this.configuration = parts.configuration;
    this.#running = parts.running;
    this.#deployments = parts.deployments;
    this.#cliToken = parts.cliToken;
    this.#log = parts.log;
  }

  componentOfToken(token: string): string | undefined {
    if (token === this.#cliToken) return CLI;
    for (const [name, component] of this.#running) if (component.token === token) return name;
    return undefined;
  }

  components(): readonly ComponentSummary[] {
    const own = [...this.#running.values()].map((component) => this.#summaryOf(component));
    return [...builtinSummaries((name) => this.configuration.get(name, [])), ...own];
  }

  reportState(component: string, state: 'RUNNING' | 'ERRORED'): void {
    const found = this.#running.get(component);
    if (found) found.service.report(state);
    else this.#log.warn({ component, state }, 'component.report-ignored');
  }

  /** Asks for a restart; resolves at once, as a component may restart itself. */
  async restart(component: string): Promise<void> {
    const { service } = this.#find(component);
    if (service.state === 'BROKEN') {
      const message = `${component} is BROKEN and cannot be restarted: ${service.statusReason ?? 'no reason given'}`;
      throw lifecycleErrors.error('component.broken', message, { facts: { component } });
    }
    service.requestRestart();
  }

  /** Asks for a stop; the component stays FINISHED until it is restarted or deployed anew. */
  async stop(component: string): Promise<void> {
    this.#find(component).service.requestStop();
  }

  createLocalDeployment(request: LocalDeploymentRequest): string {
    return this.#deployments.create(request);
  }

  cancelLocalDeployment(deploymentId: string): boolean {
    return this.#deployments.cancel(deploymentId);
  }

  deployments(): ReturnType<NucleusPort['deployments']> {
    return this.#deployments.records();
  }

  #find(name: string): RunningComponent {
    const found = this.#running.get(name);
    if (found) return found;
    const there = [...this.#running.keys()].join(', ') || 'none';
    throw lifecycleErrors.error('component.unknown', `there is no component "${name}"; deployed are ${there}`);
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
