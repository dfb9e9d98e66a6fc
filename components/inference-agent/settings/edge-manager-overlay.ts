import { isMissing } from '#packages/ipc';
import type { IpcSession, Subscription } from '#packages/ipc';

import { edgeManagerKeys } from './edge-manager-keys.ts';

/** Takes the place of `aws.greengrass.SageMakerEdgeManager` in deployment documents; what is configured there holds here. */
export const EDGE_MANAGER_COMPONENT = 'edgeml.EdgeManager';
/** The same component, built under the name that it replaces: see docs/migrating-edge-manager.md. */
export const OLD_EDGE_MANAGER_COMPONENT = 'aws.greengrass.SageMakerEdgeManager';

/** Looks that are left out at most while the component is not deployed: the nucleus writes each question about it to its log. */
const MAX_LEFT_OUT = 30;
/** Looks that are left out while the nucleus tells of changes: its events have been seen to stop. */
const LEFT_OUT_SUBSCRIBED = 10;

/** Settings of Edge Manager that a deployment gave to the component which stands in for it, over those of the agent itself. */
export class EdgeManagerOverlay {
  readonly #ipc: Pick<IpcSession, 'getConfiguration' | 'onConfigurationChange'>;
  readonly #names = new Set([EDGE_MANAGER_COMPONENT, OLD_EDGE_MANAGER_COMPONENT]);
  #settings: Readonly<Record<string, unknown>> | undefined;
  #subscribed: { readonly name: string; readonly subscription: Subscription } | undefined;
  #onChange: (() => void) | undefined;
  #absences = 0;
  #leaveOut = 0;

  constructor(ipc: Pick<IpcSession, 'getConfiguration' | 'onConfigurationChange'>) {
    this.#ipc = ipc;
  }

  /** Calls back when the nucleus tells of a change. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }

  /**
   * Reads them again; says whether they have changed. While the nucleus gives no answer the last ones hold; while it does not have the
   * component it is asked ever more rarely, and while it tells of changes, rarely.
   */
  async refresh(): Promise<boolean> {
    if (this.#leaveOut > 0) {
      this.#leaveOut--;
      return false;
    }
    const next = await this.#read();
    if (next === undefined || JSON.stringify(next.settings) === JSON.stringify(this.#settings)) return false;
    this.#settings = next.settings;
    return true;
  }

  /** The component may have come or changed: the next look is not left out. @param name if it has another than the two known ones */
  expectChange(name?: string): void {
    if (name !== undefined) this.#names.add(name);
    this.#absences = 0;
    this.#leaveOut = 0;
  }

  /** The agent's own configuration with them on top. Deploying the component means that its clients are to be served. */
  over(own: unknown): unknown {
    if (!this.#settings) return own;
    const { EdgeManager: wanted = 'auto', ...rest } = (own ?? {}) as Readonly<Record<string, unknown>>;
    return { ...rest, ...this.#settings, EdgeManager: wanted === 'auto' ? 'on' : wanted };
  }

  /** The settings under the first name that the nucleus knows; undefined without an answer. */
  async #read(): Promise<{ readonly settings: Readonly<Record<string, unknown>> | undefined } | undefined> {
    for (const name of this.#names) {
      try {
        const settings = ofEdgeManager(await this.#ipc.getConfiguration([], name));
        if (!settings) continue;
        this.#absences = 0;
        await this.#subscribe(name);
        return { settings };
      } catch (thrown) {
        if (!isMissing(thrown)) return undefined;
      }
    }
    await this.#unsubscribe();
    this.#leaveOut = Math.min(2 ** this.#absences++, MAX_LEFT_OUT) - 1;
    return { settings: undefined };
  }

  /** Without it each look reads, as before. */
  async #subscribe(name: string): Promise<void> {
    if (this.#subscribed?.name !== name) {
      await this.#unsubscribe();
      const subscribing = this.#ipc.onConfigurationChange(name, () => {
        this.expectChange();
        this.#onChange?.();
      });
      const subscription = await subscribing.catch(() => undefined);
      this.#subscribed = subscription && { name, subscription };
    }
    if (this.#subscribed) this.#leaveOut = LEFT_OUT_SUBSCRIBED - 1;
  }

  async #unsubscribe(): Promise<void> {
    const subscribed = this.#subscribed;
    this.#subscribed = undefined;
    await subscribed?.subscription.close();
  }
}

/** Undefined if none of its settings are there. */
function ofEdgeManager(configuration: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof configuration !== 'object' || configuration === null) return undefined;
  const known = Object.entries(configuration).filter(([key]) => Object.hasOwn(edgeManagerKeys, key));
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
