import type { Clock } from '#packages/foundation';

import type { ComponentService } from './component-service.ts';
import type { ComponentDefinition } from './definition.ts';
import { isClosable } from './state.ts';
import { Wake } from './wake.ts';

/** All components and who depends on whom: carries changes of state to dependents and orders their ends. */
export class ServiceGraph {
  readonly #services = new Map<string, ComponentService>();
  /** Components of the core itself: always RUNNING. */
  readonly #builtins: ReadonlySet<string>;
  readonly #lite: boolean;
  readonly #wake = new Wake();

  /** `lite`: HARD is systemd's BindsTo, as on nucleus lite. */
  constructor(builtins: Iterable<string>, options: { readonly lite?: boolean } = {}) {
    this.#builtins = new Set(builtins);
    this.#lite = options.lite ?? false;
  }

  get services(): readonly ComponentService[] {
    return [...this.#services.values()];
  }

  get(name: string): ComponentService | undefined {
    return this.#services.get(name);
  }

  add(service: ComponentService): void {
    this.#services.set(service.name, service);
    this.#wake.now();
  }

  remove(name: string): void {
    this.#services.delete(name);
    this.#wake.now();
  }

  /** Whether every HARD dependency lets a dependent run. */
  dependenciesReady(definition: ComponentDefinition): boolean {
    return Object.entries(definition.dependencies).every(([name, type]) => type === 'SOFT' || this.#isReady(name));
  }

  /** To be called after every change of state of a service. */
  changed(service: ComponentService): void {
    for (const other of this.#services.values()) {
      const type = other.definition.dependencies[service.name];
      if (type === undefined) continue;
      if (this.#lite && type === 'HARD' && hasDied(service)) other.dependencyDied();
      other.dependencyChanged(type === 'HARD' && !service.readyForDependents);
    }
    this.#wake.now();
  }

  /** Resolves with the first value other than undefined; looks again after every change of state, until the signal aborts. */
  until<Value>(look: () => Value | undefined, signal?: AbortSignal): Promise<Value> {
    return this.#wake.until(look, signal);
  }

  /** Closes a component once the running components that need it have ended; `uninstall` removes it for good. */
  async close(service: ComponentService, options: { readonly uninstall?: boolean } = {}): Promise<void> {
    await this.until(() => (this.#hardDependents(service).every((one) => isClosable(one.state)) ? true : undefined));
    if (options.uninstall) service.requestUninstall();
    await service.close();
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.services.map((service) => this.close(service)));
  }

  /** Stops components, dependents first, without ending them. */
  async stopAll(): Promise<void> {
    for (const service of this.inOrder().reverse()) {
      service.requestStop();
      await this.until(() => (service.state === 'BROKEN' || hasStopped(service) ? true : undefined));
    }
  }

  /** Dependencies before dependents. */
  inOrder(): ComponentService[] {
    const ordered = new Set<ComponentService>();
    const visit = (service: ComponentService): void => {
      if (ordered.has(service)) return;
      for (const name of Object.keys(service.definition.dependencies)) {
        const dependency = this.#services.get(name);
        if (dependency) visit(dependency);
      }
      ordered.add(service);
    };
    for (const service of this.#services.values()) visit(service);
    return [...ordered];
  }

  #isReady(name: string): boolean {
    return this.#builtins.has(name) || (this.#services.get(name)?.readyForDependents ?? false);
  }

  #hardDependents(service: ComponentService): readonly ComponentService[] {
    return this.services.filter((other) => other.definition.dependencies[service.name] === 'HARD');
  }
}

function hasDied({ state }: ComponentService): boolean {
  return state === 'ERRORED' || state === 'BROKEN';
}

function hasStopped(service: ComponentService): boolean {
  return service.state === 'FINISHED' && service.reachedDesiredState;
}

/** Resolves to false when `ms` passed first. */
export async function withinTime(clock: Clock, ms: number, work: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => undefined;
  const late = new Promise<false>((resolve) => (cancel = clock.after(ms, () => resolve(false))));
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
