import { randomUUID } from 'node:crypto';
import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { CORE_MARK, Guardian } from './guardian.ts';

export interface GuardianKeeperOptions {
  /** Process groups that run. */
  readonly groups: () => Iterable<number>;
  /** Told the process id of each guardian. */
  readonly onGuardian: (pid: number) => Promise<void>;
  readonly log: Logger;
}

/** Gives a core a guardian all its life: one that was killed is replaced at once, and told of the groups that run. */
export class GuardianKeeper {
  /** Belongs into the environment of every process of the core. */
  readonly mark: Readonly<Record<string, string>>;
  readonly #options: GuardianKeeperOptions;
  readonly #id: string;
  #guardian: Guardian;
  #closed = false;

  private constructor(options: GuardianKeeperOptions, id: string, guardian: Guardian) {
    this.#options = options;
    this.#id = id;
    this.#guardian = guardian;
    this.mark = { [CORE_MARK]: id };
    this.#watch();
  }

  /** @throws guardian.failed */
  static async start(options: GuardianKeeperOptions): Promise<GuardianKeeper> {
    const id = randomUUID();
    const guardian = await Guardian.start(id);
    await options.onGuardian(guardian.pid);
    return new GuardianKeeper(options, id, guardian);
  }

  get guardian(): Guardian {
    return this.#guardian;
  }

  /** Ends the guardian, once it has ended what is left. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#guardian.close();
  }

  #watch(): void {
    this.#guardian.onExit(() => {
      if (this.#closed) return;
      this.#options.log.warn({}, 'core.guardian-lost');
      this.#replace().catch((error: unknown) => {
        this.#options.log.error({ reason: messageOf(error) }, 'core.guardian-failed');
      });
    });
  }

  async #replace(): Promise<void> {
    const guardian = await Guardian.start(this.#id);
    if (this.#closed) return guardian.close();
    this.#guardian = guardian;
    this.#watch();
    for (const group of this.#options.groups()) guardian.signOn(group);
    await this.#options.onGuardian(guardian.pid);
  }
}
