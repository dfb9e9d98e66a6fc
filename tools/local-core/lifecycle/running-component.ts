import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '#packages/foundation';
import { ComponentLog } from '../logs/component-log.ts';
import type { ComponentLine } from '../logs/component-log.ts';
import type { CorePaths } from '../paths.ts';
import { ComponentProcesses } from './component-processes.ts';
import { ComponentService } from './component-service.ts';
import type { ComponentDefinition } from './definition.ts';
import type { Guardian } from './guardian.ts';
import type { ServiceGraph } from './service-graph.ts';
import type { LifecycleState } from './state.ts';
import { StepScripts } from './step-scripts.ts';

/** Everything that belongs to one component while it is deployed. */
export interface RunningComponent {
  readonly service: ComponentService;
  readonly processes: ComponentProcesses;
  readonly scripts: StepScripts;
  readonly log: ComponentLog;
  /** SVCUID. */
  readonly token: string;
}

/** The context that the components of a core share. */
export interface ComponentSurroundings {
  readonly paths: CorePaths;
  readonly clock: Clock;
  readonly log: Logger;
  readonly graph: ServiceGraph;
  readonly guardian: () => Guardian;
  /** Process groups of all components but one; default: none. */
  readonly groupsOfOthers?: (name: string) => ReadonlySet<number>;
  /** Environment of a component that holds this token. */
  readonly environment: (token: string) => Readonly<Record<string, string>>;
  readonly onLine: (line: ComponentLine) => void;
  readonly onState: (service: ComponentService, from: LifecycleState) => void;
  /** Behave as nucleus lite does. Default false. */
  readonly strictLite?: boolean;
}

/** A component with its own token, in state NEW and not in the graph yet. */
export function createComponent(definition: ComponentDefinition, core: ComponentSurroundings): RunningComponent {
  const { paths, clock, graph, guardian, environment, onLine, onState } = core;
  const token = newToken();
  const log = new ComponentLog(paths.logs, definition.name, clock);
  const processes = new ComponentProcesses({
    workFolder: paths.work(definition.name),
    mark: `SVCUID=${token}`,
    controlGroup: core.strictLite,
    isForeign: (group) => core.groupsOfOthers?.(definition.name).has(group) ?? false,
    guardian,
    clock,
    onLine: (section, stream, text) => {
      const line: ComponentLine = { component: definition.name, section, stream, text };
      log.output(line, service.state);
      onLine(line);
    },
  });
  const scripts = new StepScripts(processes, () => environment(token));
  const service: ComponentService = new ComponentService({
    definition,
    processes,
    scripts,
    clock,
    log: core.log,
    lite: core.strictLite,
    dependenciesReady: () => graph.dependenciesReady(service.definition),
    onState: (changed, from) => {
      const reason = changed.statusReason === undefined ? '' : ` (${changed.statusReason})`;
      log.event('state', `${from} -> ${changed.state}${reason}`, 'state', changed.state);
      graph.changed(changed);
      onState(changed, from);
    },
  });
  return { service, processes, scripts, log, token };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** 16 characters, as the nucleus gives. */
export function newToken(): string {
  return Array.from(randomBytes(16), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
}
