import { isMissing } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import { edgeManagerKeys } from './edge-manager-keys.ts';

/** Takes the place of `aws.greengrass.SageMakerEdgeManager` in deployment documents; what is configured there holds here. */
export const EDGE_MANAGER_COMPONENT = 'edgeml.EdgeManager';

/** Looks that are left out at most while the component is not deployed: the nucleus writes each question about it to its log. */
const MAX_LEFT_OUT = 30;

/** Settings of Edge Manager that a deployment gave to the component which stands in for it, over those of the agent itself. */
export class EdgeManagerOverlay {
  readonly #ipc: Pick<IpcSession, 'getConfiguration'>;
  #settings: Readonly<Record<string, unknown>> = {};
  #absences = 0;
  #leaveOut = 0;

  constructor(ipc: Pick<IpcSession, 'getConfiguration'>) {
    this.#ipc = ipc;
  }

  /**
   * Reads them anew; says whether they have changed. While the nucleus gives no answer the last ones hold; while it does not have the
   * component it is asked ever more rarely.
   */
  async refresh(): Promise<boolean> {
    if (this.#leaveOut > 0) {
      this.#leaveOut--;
      return false;
    }
    const next = await this.#read();
    if (next === undefined || JSON.stringify(next) === JSON.stringify(this.#settings)) return false;
    this.#settings = next;
    return true;
  }

  /** The component may have come: the next look is not left out. */
  expectChange(): void {
    this.#absences = 0;
    this.#leaveOut = 0;
  }

  /** The agent's own configuration with them on top. */
  over(own: unknown): unknown {
    return Object.keys(this.#settings).length === 0 ? own : { ...(own as object | null), ...this.#settings };
  }

  async #read(): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const configuration = await this.#ipc.getConfiguration([], EDGE_MANAGER_COMPONENT);
      this.#absences = 0;
      return ofEdgeManager(configuration);
    } catch (thrown) {
      if (!isMissing(thrown)) return undefined;
      this.#leaveOut = Math.min(2 ** this.#absences++, MAX_LEFT_OUT) - 1;
      return {};
    }
  }
}

function ofEdgeManager(configuration: unknown): Readonly<Record<string, unknown>> {
  if (typeof configuration !== 'object' || configuration === null) return {};
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => Object.hasOwn(edgeManagerKeys, key)));
}
