import { isMissing } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';

import { edgeManagerKeys } from './edge-manager-keys.ts';

/** Takes the place of `aws.greengrass.SageMakerEdgeManager` in deployment documents; what is configured there holds here. */
export const EDGE_MANAGER_COMPONENT = 'edgeml.EdgeManager';

/** Settings of Edge Manager that a deployment gave to the component which stands in for it, over those of the agent itself. */
export class EdgeManagerOverlay {
  readonly #ipc: Pick<IpcSession, 'getConfiguration'>;
  #settings: Readonly<Record<string, unknown>> = {};

  constructor(ipc: Pick<IpcSession, 'getConfiguration'>) {
    this.#ipc = ipc;
  }

  /** Reads them anew; says whether they have changed. While the nucleus gives no answer the last ones hold. */
  async refresh(): Promise<boolean> {
    const next = await this.#read();
    if (next === undefined || JSON.stringify(next) === JSON.stringify(this.#settings)) return false;
    this.#settings = next;
    return true;
  }

  /** The agent's own configuration with them on top. */
  over(own: unknown): unknown {
    return Object.keys(this.#settings).length === 0 ? own : { ...(own as object | null), ...this.#settings };
  }

  async #read(): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      return ofEdgeManager(await this.#ipc.getConfiguration([], EDGE_MANAGER_COMPONENT));
    } catch (thrown) {
      return isMissing(thrown) ? {} : undefined;
    }
  }
}

function ofEdgeManager(configuration: unknown): Readonly<Record<string, unknown>> {
  if (typeof configuration !== 'object' || configuration === null) return {};
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => Object.hasOwn(edgeManagerKeys, key)));
}
