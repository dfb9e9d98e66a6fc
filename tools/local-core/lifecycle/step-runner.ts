import type { Clock } from '#packages/foundation';

import type { LifecycleSection } from '../../recipe/canonical-keys.ts';
import { DEFAULT_TIMEOUTS, timeoutOf } from '../../recipe/lifecycle.ts';
import type { LifecycleStep } from '../../recipe/lifecycle.ts';
import type { ComponentProcesses, ScriptEnd } from './component-processes.ts';
import type { ComponentDefinition } from './definition.ts';
import type { StepScripts } from './step-scripts.ts';

/** A limit of time that runs. */
export interface Limit {
  passed(): boolean;
  cancel(): void;
}

/** Runs the steps of one component within their time-outs. */
export class StepRunner {
  readonly #processes: ComponentProcesses;
  readonly #scripts: StepScripts;
  readonly #clock: Clock;

  constructor(parts: { readonly processes: ComponentProcesses; readonly scripts: StepScripts; readonly clock: Clock }) {
    this.#processes = parts.processes;
    this.#scripts = parts.scripts;
    this.#clock = parts.clock;
  }

  /** Runs a step to its end; one that takes too long, or is interrupted, is ended. Nothing to do is success. */
  async run(
    section: LifecycleSection,
    definition: ComponentDefinition,
    options: { readonly extra?: Readonly<Record<string, string>>; readonly interrupt?: AbortSignal } = {},
  ): Promise<ScriptEnd> {
    const script = this.#scripts.start(section, definition, options.extra);
    if (!script) return { code: 0, description: 'nothing to do' };
    const seconds = timeoutOf(definition.lifecycle, section);
    const late = new AbortController();
    const limit = this.limit(seconds, () => late.abort());
    const signal = options.interrupt ? AbortSignal.any([late.signal, options.interrupt]) : late.signal;
    const end = await Promise.race([script.ended, aborted(signal)]);
    limit.cancel();
    if (end) return end;
    await this.#processes.stop();
    return { code: undefined, description: late.signal.aborted ? `timed out after ${seconds} s` : 'interrupted' };
  }

  /** The shutdown script, then SIGTERM, 5 s, SIGKILL, all within the shutdown time; false when that passed. */
  async shutDown(step: LifecycleStep | undefined, definition: ComponentDefinition): Promise<boolean> {
    const hurry = new AbortController();
    const limit = this.limit(step?.timeoutSeconds ?? DEFAULT_TIMEOUTS.shutdown, () => hurry.abort());
    const script = this.#scripts.startStep('shutdown', step, definition);
    await Promise.race([script?.ended, aborted(hurry.signal)]);
    await this.#processes.stop(hurry.signal);
    limit.cancel();
    return !hurry.signal.aborted;
  }

  limit(seconds: number | undefined, then: () => void): Limit {
    if (seconds === undefined) return { passed: () => false, cancel: () => undefined };
    let passed = false;
    const cancel = this.#clock.after(seconds * 1000, () => {
      passed = true;
      then();
    });
    return { passed: () => passed, cancel };
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
