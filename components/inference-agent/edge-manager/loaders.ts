import type { Client } from './server/clients.ts';

/**
 * Which program loaded each model. Many load their models when they start and take ALREADY_EXISTS for a failure: one that was started
 * again, e.g. because the nucleus restarted it beside the agent, is to be told OK. Only Linux tells who calls.
 */
export class Loaders {
  readonly #isAlive: (pid: number) => boolean;
  readonly #clients = new Map<string, Client>();

  constructor(isAlive: (pid: number) => boolean = isRunning) {
    this.#isAlive = isAlive;
  }

  loaded(alias: string, client: Client): void {
    this.#clients.set(alias, client);
  }

  unloaded(alias: string): void {
    this.#clients.delete(alias);
  }

  /** Whether this program loaded the model before, in a process that has ended since. */
  hasStartedAgain(alias: string, client: Client): boolean {
    const former = this.#clients.get(alias);
    if (former?.pid === undefined || client.pid === undefined) return false;
    return former.key === client.key && former.pid !== client.pid && !this.#isAlive(former.pid);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
