import type { ComponentStatus } from '#packages/http';

type Status = Exclude<ComponentStatus, 'degraded'>;

/** How far the agent is: it starts until every model is back that was active before. */
export class AgentStatus {
  #current: Status = 'starting';

  get current(): Status {
    return this.#current;
  }

  get isReady(): boolean {
    return this.#current === 'ok';
  }

  /** An agent that is stopping does not become ready any more. */
  ready(): void {
    if (this.#current === 'starting') this.#current = 'ok';
  }

  stopping(): void {
    this.#current = 'stopping';
  }
}
