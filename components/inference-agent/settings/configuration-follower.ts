import { fromWire, Serial, UNKNOWN_KEY, wireErrorOf } from '#packages/foundation';
import type { EdgeError, Incidents, Logger, WireError } from '#packages/foundation';
import { backgroundSubscriber } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import type { AgentConfiguration } from '../config.ts';
import type { Announce } from '../events/agent-event.ts';
import type { EdgeManagerOverlay } from './edge-manager-overlay.ts';
import type { LiveConfiguration } from './live-configuration.ts';

export interface ConfigurationFollowerPorts {
  readonly configuration: LiveConfiguration;
  /** Settings in another component's name, which hold over the agent's own. */
  readonly overlay: EdgeManagerOverlay;
  readonly ipc: IpcSession;
  /** Why a valid configuration must not be taken; undefined if it may. */
  readonly objection: (next: AgentConfiguration) => Promise<EdgeError | undefined>;
  /** Brings a change to everything that was told the former settings. */
  readonly onChange: (restartNeeded: readonly string[]) => Promise<void>;
  readonly announce: Announce;
  readonly incidents: Incidents;
  readonly log: Logger;
}

/** Judges each configuration that the nucleus proposes or gives, and takes it, one at a time. */
export class ConfigurationFollower {
  readonly #ports: ConfigurationFollowerPorts;
  readonly #applying = new Serial();
  readonly #looking = new Serial();

  constructor(ports: ConfigurationFollowerPorts) {
    this.#ports = ports;
    ports.incidents.replace(UNKNOWN_KEY, ports.configuration.unknown);
  }

  /** From now on a change is taken as soon as the nucleus or the overlay reports it. */
  start(): void {
    const { configuration, overlay, ipc, log } = this.#ports;
    const subscribe = backgroundSubscriber(log);
    subscribe(
      'configuration',
      ipc.onConfiguration((raw) => void this.#apply(raw)),
    );
    subscribe(
      'configuration validation',
      ipc.validateConfiguration(
        async (raw) => (await this.#objection(raw))?.message ?? configuration.refusalOfUnknown(overlay.over(raw)),
      ),
    );
    // If the nucleus does not answer now, the next look asks again.
    overlay.onChange(() => void this.lookAtOverlay().catch(() => undefined));
  }

  /** Asks for the settings in another component's name; resolves when they hold. Rejects if the nucleus does not answer. */
  lookAtOverlay(): Promise<void> {
    const { overlay, ipc } = this.#ports;
    return this.#looking.run(async () => {
      if (await overlay.refresh()) await this.#apply(await ipc.getConfiguration([]));
    });
  }

  /** Whether a configuration would be taken. @throws EdgeError why not */
  async requireTakeable(raw: unknown): Promise<void> {
    const error = await this.#objection(raw);
    if (error) throw fromWire(error);
  }

  #apply(raw: unknown): Promise<void> {
    return this.#applying.run(() => this.#applyNow(raw));
  }

  async #applyNow(raw: unknown): Promise<void> {
    const { configuration, overlay, announce, incidents, onChange } = this.#ports;
    const error = await this.#objection(raw);
    if (error) return announce('configuration.rejected', { error });
    const result = configuration.apply(overlay.over(raw));
    if (!result.applied) return announce('configuration.rejected', { error: result.error });
    incidents.replace(UNKNOWN_KEY, configuration.unknown);
    incidents.forget('configuration');
    if (result.changed) await onChange(result.restartNeeded);
  }

  /** Why a configuration must not be taken; undefined if it may. */
  async #objection(raw: unknown): Promise<WireError | undefined> {
    const { configuration, overlay, objection } = this.#ports;
    try {
      return (await objection(configuration.preview(overlay.over(raw))))?.toJSON();
    } catch (thrown) {
      return wireErrorOf(thrown);
    }
  }
}
