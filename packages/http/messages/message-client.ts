import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { InvokeResult } from '../api/agent-api.ts';
import { AskByHttp, MessageLine, StaleLine } from './message-line.ts';
import type { MessageRequest } from './message-line.ts';

/** An agent of another version may take its place. */
const ASK_AGAIN_MS = 60_000;

/** Asks the agent by messages on one connection, which is made with the first request and again whenever it has ended. */
export class MessageClient {
  readonly #socketPath: string;
  readonly #clock: Clock;
  #line: MessageLine | undefined;
  #isHttpUntil = -Infinity;

  constructor(socketPath: string, clock: Clock = systemClock) {
    this.#socketPath = socketPath;
    this.#clock = clock;
  }

  /** @throws AskByHttp; EdgeError: the agent's own, `agent.unreachable`, `agent.connection-lost`, `agent.timeout`, `agent.bad-answer`; the signal's reason */
  invoke(request: MessageRequest): Promise<InvokeResult> {
    const line = this.#open();
    if (!line) return Promise.reject(new AskByHttp());
    return line.ask(request).catch((thrown: unknown) => {
      // The agent may end an idle connection in the instant that a request is sent: nothing came of it.
      if (thrown instanceof StaleLine) return (this.#open() ?? HTTP).ask(request);
      throw thrown;
    });
  }

  close(): void {
    this.#line?.close();
  }

  /** Undefined if the agent is to be asked by HTTP for now. */
  #open(): MessageLine | undefined {
    if (this.#line?.takesMore) return this.#line;
    // One that is full continues with what it has.
    if (this.#line?.isFull || this.#clock.monotonic() < this.#isHttpUntil) return undefined;
    return (this.#line = new MessageLine(this.#socketPath, this.#clock, () => {
      this.#isHttpUntil = this.#clock.monotonic() + ASK_AGAIN_MS;
    }));
  }
}

const HTTP = { ask: (): Promise<InvokeResult> => Promise.reject(new AskByHttp()) };
