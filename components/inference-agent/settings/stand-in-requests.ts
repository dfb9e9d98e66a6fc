import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, writeAtomically } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

const REQUEST_FILE = 'stand-in.request';
const ANSWER_FILE = 'stand-in.answer';

export interface StandInPorts {
  /** Work folder of the agent. */
  readonly folder: string;
  /** Looks at the settings of the component now; resolves when they hold. */
  readonly onRequest: (component: string) => Promise<void>;
  /** Socket that listens, `off` if none is wanted; undefined while it does not listen yet. */
  readonly served: () => string | undefined;
  readonly log: Logger;
}

interface Request {
  readonly id: string;
  readonly component: string;
  taken: boolean;
}

/**
 * Requests of the component that stands in for Edge Manager: when it starts, it asks the agent through a file in the agent's work
 * folder to look at its settings now, and to say when clients are served. Only then has it started, so that applications that
 * depend on it find the socket. See await-socket.sh.
 */
export class StandInRequests {
  readonly #ports: StandInPorts;
  #watcher: FSWatcher | undefined;
  #request: Request | undefined;

  constructor(ports: StandInPorts) {
    this.#ports = ports;
  }

  /** If files cannot be watched, requests are seen when `look` is called. */
  start(): void {
    const { folder, log } = this.#ports;
    try {
      this.#watcher = watch(folder, (_event, file) => {
        if (file === REQUEST_FILE) void this.look();
      });
      this.#watcher.on('error', (error) => log.warn({ folder, error }, 'edge-manager.requests-not-watched'));
      this.#watcher.unref();
    } catch (thrown) {
      log.warn({ folder, reason: messageOf(thrown) }, 'edge-manager.requests-not-watched');
    }
  }

  stop(): void {
    this.#watcher?.close();
  }

  /** Sees whether there is a new request. Never rejects. */
  async look(): Promise<void> {
    const request = await this.#read();
    if (!request || request.id === this.#request?.id) return;
    this.#request = request;
    const { onRequest, log } = this.#ports;
    try {
      await onRequest(request.component);
    } catch (error) {
      // The next look tries again.
      if (this.#request === request) this.#request = undefined;
      return log.warn({ component: request.component, error }, 'edge-manager.request-not-taken');
    }
    request.taken = true;
    await this.answer();
  }

  /** To be called when what is served has changed. Never rejects. */
  async answer(): Promise<void> {
    const { folder, served, log } = this.#ports;
    const socket = served();
    const request = this.#request;
    if (socket === undefined || !request?.taken) return;
    const file = join(folder, ANSWER_FILE);
    try {
      await writeAtomically(file, `${request.id} ${socket}\n`, { mode: 0o600, fsync: 'none' });
    } catch (error) {
      log.warn({ file, error }, 'edge-manager.request-not-answered');
    }
  }

  async #read(): Promise<Request | undefined> {
    const text = await readFile(join(this.#ports.folder, REQUEST_FILE), 'utf8').catch(() => '');
    const [id, component] = text.trim().split(' ');
    return id && component ? { id, component, taken: false } : undefined;
  }
}
