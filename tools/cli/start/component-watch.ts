import type { StateChange } from '../../local-core/core-options.ts';
import type { LocalCore } from '../../local-core/local-core.ts';
import type { ComponentLine } from '../../local-core/logs/component-log.ts';
import type { ComponentState } from '../../local-core/ports.ts';
import { cliErrors } from '../errors.ts';
import type { Output } from '../frame/output.ts';
import { logFileOf } from '../local/component-log.ts';

const KEPT_LINES = 12;

/** Shows how components come up, and says why one failed. */
export class ComponentWatch {
  readonly #core: LocalCore;
  readonly #out: Output;
  readonly #failed = new Map<string, { readonly state: ComponentState; readonly reason: string }>();
  readonly #shown = new Map<string, ComponentState>();
  readonly #broken = new AbortController();
  readonly #lines = new Map<string, readonly string[]>();
  readonly #ends: readonly (() => void)[];

  constructor(core: LocalCore, out: Output) {
    this.#core = core;
    this.#out = out;
    this.#ends = [core.onState((change) => this.#onChange(change)), core.onLine((line) => this.#keep(line))];
  }

  /** Aborted with an EdgeError when a component is beyond help. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  /** Prints what every component that failed wrote last. */
  showFailures(): void {
    for (const component of this.#failed.keys()) {
      this.#out.note(`\n${component} wrote last (all of it in ${logFileOf(this.#core.root, component)}):`);
      for (const line of this.#lines.get(component) ?? []) this.#out.note(`  ${line}`);
    }
  }

  #keep({ component, section, text }: ComponentLine): void {
    const lines = [...(this.#lines.get(component) ?? []), `${section}: ${text}`];
    this.#lines.set(component, lines.slice(-KEPT_LINES));
  }

  #onChange({ component, to, statusReason }: StateChange): void {
    if (!component.startsWith('edgeml.') || this.#shown.get(component) === to) return;
    this.#shown.set(component, to);
    const failed = to === 'ERRORED' || to === 'BROKEN';
    if (!failed) this.#out.progress(`${component} ${to.toLowerCase()} …`);
    // A component that came up after all is not a failure; a broken one stays a failure, even if a rollback removes it.
    if (to === 'RUNNING' && !this.#isBroken(component)) this.#failed.delete(component);
    if (!failed) return;
    this.#failed.set(component, { state: to, reason: statusReason ?? 'no reason given' });
    this.#out.note(`${component} is ${to}: ${statusReason ?? 'no reason given'}`);
    if (to === 'BROKEN')
      this.#broken.abort(
        cliErrors.error('cli.component-failed', `${component} failed: ${statusReason ?? 'no reason given'}`),
      );
  }

  #isBroken(component: string): boolean {
    return this.#failed.get(component)?.state === 'BROKEN';
  }
}
