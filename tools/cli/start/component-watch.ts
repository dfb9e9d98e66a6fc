import type { LocalCore, StateChange } from '../../local-core/local-core.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { lastLogLines, logFileOf } from '../local/component-log.ts';

const LOG_LINES = 12;

/** Shows how components come up, and says why one failed. */
export class ComponentWatch {
  readonly #core: LocalCore;
  readonly #out: Output;
  readonly #failed = new Map<string, string>();
  readonly #broken = new AbortController();
  readonly #end: () => void;

  constructor(core: LocalCore, out: Output) {
    this.#core = core;
    this.#out = out;
    this.#end = core.onState((change) => this.#onChange(change));
  }

  /** Aborted with an EdgeError when a component is beyond help. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  close(): void {
    this.#end();
  }

  /** Prints the last log lines of every component that failed. */
  async showFailures(): Promise<void> {
    for (const [component, reason] of this.#failed) {
      this.#out.note(`\n${component}: ${reason}. Its log ends with (${logFileOf(this.#core.root, component)}):`);
      for (const line of await lastLogLines(this.#core.root, component, LOG_LINES)) this.#out.note(`  ${line}`);
    }
  }

  #onChange({ component, to, statusReason }: StateChange): void {
    if (!component.startsWith('edgeml.')) return;
    if (to === 'ERRORED' || to === 'BROKEN') {
      this.#failed.set(component, statusReason ?? to);
      this.#out.note(`${component} is ${to}${statusReason === undefined ? '' : `: ${statusReason}`}`);
    } else {
      if (to === 'RUNNING' || to === 'FINISHED') this.#failed.delete(component);
      this.#out.progress(`${component} ${to.toLowerCase()} …`);
    }
    if (to !== 'BROKEN') return;
    this.#out.note(`See ${logFileOf(this.#core.root, component)}`);
    this.#broken.abort(
      cliErrors.error('cli.component-failed', `${component} failed: ${statusReason ?? 'no reason given'}`),
    );
  }
}
