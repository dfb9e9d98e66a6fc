import type { Clock, Logger } from '#packages/foundation';
import type { ComponentDefinition } from '../lifecycle/definition.ts';
import type { RunningComponent } from '../lifecycle/running-component.ts';
import type { ServiceGraph } from '../lifecycle/service-graph.ts';
import type { CorePaths } from '../paths.ts';

/** The components that live in the core, by name; shared by deployments and the core's front. */
export type RunningComponents = Map<string, RunningComponent>;

export interface ActivationContext {
  readonly running: RunningComponents;
  readonly graph: ServiceGraph;
  readonly create: (definition: ComponentDefinition) => RunningComponent;
  readonly paths: CorePaths;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborted when the core stops: nothing is waited for any more. */
  readonly stopping: AbortSignal;
  /** Behave as nucleus lite does. */
  readonly strictLite: boolean;
}
