import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../clock/fake-clock.ts';
import { corePaths } from '../../tools/local-core/paths.ts';
import type { CorePaths } from '../../tools/local-core/paths.ts';
import { parseLifecycle } from '../../tools/recipe/lifecycle.ts';
import type { PlainObject } from '../../tools/recipe/recipe.ts';
import type { ComponentService } from '../../tools/local-core/lifecycle/component-service.ts';
import type { ComponentDefinition } from '../../tools/local-core/lifecycle/definition.ts';
import { Guardian } from '../../tools/local-core/lifecycle/guardian.ts';
import { createComponent } from '../../tools/local-core/lifecycle/running-component.ts';
import type { ComponentSurroundings, RunningComponent } from '../../tools/local-core/lifecycle/running-component.ts';
import { ServiceGraph } from '../../tools/local-core/lifecycle/service-graph.ts';
import type { LifecycleState } from '../../tools/local-core/lifecycle/state.ts';
import { Wake } from '../../tools/local-core/lifecycle/wake.ts';

/** Components with real processes on a clock that stands still, for tests. */
export interface ServiceRig {
  readonly clock: FakeClock;
  readonly paths: CorePaths;
  readonly graph: ServiceGraph;
  /** `name STATE` for every change. */
  readonly history: readonly string[];
  /** `name text` for every line. */
  readonly lines: readonly string[];
  /** Adds a component and starts it. */
  start(name: string, lifecycle: PlainObject, more?: Partial<ComponentDefinition>): RunningComponent;
  define(name: string, lifecycle: PlainObject, more?: Partial<ComponentDefinition>): ComponentDefinition;
  state(component: RunningComponent, state: LifecycleState): Promise<void>;
  line(text: string, times?: number): Promise<void>;
  close(): Promise<void>;
}

export async function serviceRig({ strictLite = false } = {}): Promise<ServiceRig> {
  const paths = corePaths(await mkdtemp(path.join(tmpdir(), 'edgeml-service-')));
  const clock = new FakeClock();
  const graph = new ServiceGraph([]);
  const guardian = await Guardian.start('rig');
  const history: string[] = [];
  const lines: string[] = [];
  const wake = new Wake();
  const surroundings: ComponentSurroundings = {
    paths,
    clock,
    log: silentLogger,
    graph,
    guardian: () => guardian,
    strictLite,
    environment: (token) => ({ PATH: process.env.PATH ?? '', SVCUID: token, TOKEN: token }),
    onLine: ({ component, text }) => {
      lines.push(`${component} ${text}`);
      wake.now();
    },
    onState: (service: ComponentService) => {
      history.push(`${service.name} ${service.state}`);
      wake.now();
    },
  };
  const components: RunningComponent[] = [];
  const define: ServiceRig['define'] = (name, lifecycle, more = {}) => ({
    name,
    version: '1.0.0',
    dependencies: {},
    lifecycle: parseLifecycle(name, lifecycle),
    ...more,
  });
  return {
    clock,
    paths,
    graph,
    history,
    lines,
    define,
    start: (name, lifecycle, more) => {
      mkdirSync(paths.work(name), { recursive: true });
      const component = createComponent(define(name, lifecycle, more), surroundings);
      components.push(component);
      graph.add(component.service);
      component.service.requestStart();
      return component;
    },
    state: async ({ service }, state) => {
      await wake.until(() => (service.state === state ? true : undefined));
    },
    line: async (text, times = 1) => {
      await wake.until(() => (lines.filter((line) => line === text).length >= times ? true : undefined));
    },
    close: async () => {
      // The guardian kills at once; nothing here waits for a clock that stands still.
      await guardian.close();
      await Promise.all(components.map(({ service }) => service.close()));
      for (const { log } of components) log.close();
      await rm(paths.root, { recursive: true, force: true });
    },
  };
}
