import { exists } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { AliasRecord } from '../store/alias-record.ts';

export interface RestoredPorts {
  readonly registry: Pick<ModelRegistry, 'served' | 'unload'>;
  /** How long a model waits for somebody to ask for it, in milliseconds; 0: forever. */
  readonly graceMs: () => number;
  /** How long the folder of a model may be away, in milliseconds: an update of its component takes it away for a while. */
  readonly awayMs: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiting {
  readonly restoredAt: number;
  awaySince: number | undefined;
  asked: boolean;
}

/**
 * Models of clients that the agent restored when it started, until a client loads them again. Edge Manager started without models:
 * an application that loads its model when it starts must be told OK, and one that never loads again must find its model.
 * After an application was removed, nobody may ever ask for its model.
 */
export class RestoredModels {
  readonly #ports: RestoredPorts;
  readonly #waiting = new Map<string, Waiting>();
  #finished: Promise<void> = Promise.resolve();

  constructor(ports: RestoredPorts) {
    this.#ports = ports;
  }

  /** Resolves when those that come back are back. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** The agent restores these models. @param finished never rejects */
  expect(records: readonly AliasRecord[], finished: Promise<void>): void {
    this.#finished = finished;
    const restoredAt = this.#ports.clock.monotonic();
    for (const { alias, owner } of records) {
      if (owner === 'client') this.#waiting.set(alias, { restoredAt, awaySince: undefined, asked: false });
    }
  }

  /** Whether the model came back and no client has loaded it since. */
  isUnclaimed(alias: string): boolean {
    const owner = this.#ports.registry.served(alias)?.record.owner;
    return this.#waiting.has(alias) && owner !== 'component';
  }

  /** The model was used: it stays, even if nobody loads it again. */
  asked(alias: string): void {
    const waiting = this.#waiting.get(alias);
    if (waiting) waiting.asked = true;
  }

  /** A client has loaded or unloaded the model. */
  claimed(alias: string): void {
    this.#waiting.delete(alias);
  }

  /** Drops models that nobody came for or that have lost their folder. Never rejects. */
  async look(): Promise<void> {
    for (const [alias, waiting] of [...this.#waiting]) {
      const record = this.#ports.registry.served(alias)?.record;
      if (record?.owner !== 'client') continue;
      await this.#noteFolder(waiting, record.source);
      const reason = this.#reasonToDrop(waiting);
      if (reason === undefined || !this.#waiting.delete(alias)) continue;
      this.#ports.log.warn({ model: alias, url: record.source, reason }, 'edge-manager.restored-model-dropped');
      await this.#ports.registry.unload(alias).catch(() => undefined);
    }
  }

  async #noteFolder(waiting: Waiting, folder: string): Promise<void> {
    const { clock } = this.#ports;
    waiting.awaySince = (await exists(folder)) ? undefined : (waiting.awaySince ?? clock.monotonic());
  }

  #reasonToDrop({ restoredAt, awaySince, asked }: Waiting): string | undefined {
    const { clock, graceMs, awayMs } = this.#ports;
    const now = clock.monotonic();
    if (awaySince !== undefined && now - awaySince >= awayMs()) return 'its folder is gone';
    const grace = graceMs();
    if (!asked && grace > 0 && now - restoredAt >= grace) return `nobody asked for it within ${grace / 1_000} s`;
    return undefined;
  }
}
