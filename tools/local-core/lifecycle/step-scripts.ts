import type { LifecycleSection } from '../../recipe/canonical-keys.ts';
import type { LifecycleStep } from '../../recipe/lifecycle.ts';
import type { ComponentProcesses, RunningScript } from './component-processes.ts';
import type { ComponentDefinition } from './definition.ts';
import { shouldSkip } from './skip-if.ts';

/** Starts the scripts of a lifecycle with the environment that the nucleus gives them. */
export class StepScripts {
  readonly #processes: ComponentProcesses;
  readonly #environment: () => Readonly<Record<string, string>>;

  /** `environment` is read for every script: what it holds may change while the component lives. */
  constructor(processes: ComponentProcesses, environment: () => Readonly<Record<string, string>>) {
    this.#processes = processes;
    this.#environment = environment;
  }

  /** Undefined if the lifecycle has no such section, or its `Skipif` holds. */
  start(
    section: LifecycleSection,
    definition: ComponentDefinition,
    extra: Readonly<Record<string, string>> = {},
  ): RunningScript | undefined {
    return this.startStep(section, definition.lifecycle.steps[section], definition, extra);
  }

  /** The same for a step that was kept from an earlier definition. */
  startStep(
    section: LifecycleSection,
    step: LifecycleStep | undefined,
    definition: ComponentDefinition,
    extra: Readonly<Record<string, string>> = {},
  ): RunningScript | undefined {
    if (!step) return undefined;
    const environment = {
      ...this.#environment(),
      ...definition.lifecycle.environment,
      ...step.environment,
      ...extra,
    };
    if (shouldSkip(step.skipIf, environment.PATH ?? '')) return undefined;
    return this.#processes.start({ section, script: step.script, environment });
  }
}
