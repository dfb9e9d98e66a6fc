import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { encodeMessage, fromWire, MessageReader } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { InvokeResult } from '../api/agent-api.ts';
import { MAX_MESSAGES_IN_FLIGHT, MESSAGES_PATH, MESSAGES_PROTOCOL } from '../api/message-api.ts';
import type { MessageAnswer, MessageCancellation, MessageInvocation } from '../api/message-api.ts';
import { answerReader } from '../answers.ts';
import { connectionError, MAX_ANSWER_BYTES, reasonOf, timedOut } from '../http-client.ts';
import { AGENT } from '../peer.ts';
import { reachableSocketPath } from '../socket-path.ts';
import { Aborts } from './aborts.ts';

export interface MessageRequest extends Omit<MessageInvocation, 'id'> {
  /** The picture, unless the request names it; must not change before the answer. */
  readonly image?: Uint8Array;
  /** From the call to the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** The agent does not take this request as a message: it is to be asked by HTTP. */
export class AskByHttp extends Error {}

/** The connection ended without an answer, and had given others before. */
export class StaleLine extends Error {}

interface Open {
  readonly service: string;
  readonly isReused: boolean;
  resolve(result: InvokeResult): void;
  reject(reason: Error): void;
}

const READ_BYTES = 64 * 1024;
const MAX_GREETING_BYTES = 64 * 1024;
const HEAD_END = '\r\n\r\n';
const GREETING = `GET ${MESSAGES_PATH} HTTP/1.1\r\nHost: agent\r\nConnection: Upgrade\r\nUpgrade: ${MESSAGES_PROTOCOL}${HEAD_END}`;
const answers = answerReader(AGENT);

/** One connection to the agent for messages. */
export class MessageLine {
  readonly #socketPath: string;
  readonly #clock: Clock;
  readonly #onHttp: () => void;
  readonly #socket: Socket;
  readonly #aborts = new Aborts();
  /** By the id of the request; undefined once nobody waits for its answer any more. */
  readonly #open = new Map<number, Open | undefined>();
  readonly #reader: MessageReader;
  #welcome = '';
  #isWelcome = false;
  readonly #unsent: Uint8Array[] = [];
  #hasAnswered = false;
  #isClosing = false;
  #lastId = 0;
  /** Why nothing more comes. */
  #ended: Error | undefined;

  /** @param onHttp told if the agent does not speak messages */
  constructor(socketPath: string, clock: Clock, onHttp: () => void) {
    this.#socketPath = socketPath;
    this.#clock = clock;
    this.#onHttp = onHttp;
    this.#reader = new MessageReader(
      { headBytes: MAX_ANSWER_BYTES, blobBytes: 0 },
      { begin: (head) => this.#take(head as MessageAnswer), piece: () => undefined, end: () => undefined },
    );
    // Read into the same memory again and again, past Node's streams.
    const onread = {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (bytes: number, buffer: Uint8Array): boolean => {
        this.#received(buffer as Buffer, bytes);
        return true;
      },
    };
    this.#socket = connect({ path: reachableSocketPath(socketPath), onread });
    this.#socket.on('error', (error) => (this.#ended ??= error));
    this.#socket.on('close', () => this.#lost());
    this.#socket.write(GREETING);
  }

  get takesMore(): boolean {
    return !this.#isClosing && !this.#socket.destroyed && !this.isFull;
  }

  get isFull(): boolean {
    return this.#open.size >= MAX_MESSAGES_IN_FLIGHT;
  }

  /** @throws as `MessageClient.invoke`; StaleLine */
  ask({ image, timeoutMs, signal, ...words }: MessageRequest): Promise<InvokeResult> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const id = ++this.#lastId;
      const settle = (): void => {
        cancelTimer();
        forget?.();
      };
      const giveUp = (reason: Error): void => {
        settle();
        this.#open.set(id, undefined);
        this.#write({ id, cancel: true } satisfies MessageCancellation);
        reject(reason);
      };
      const cancelTimer = this.#clock.after(timeoutMs, () => giveUp(this.#timedOut(words.service, timeoutMs)));
      const forget = signal && this.#aborts.on(signal, () => giveUp(reasonOf(signal)));
      this.#open.set(id, {
        service: words.service,
        isReused: this.#hasAnswered,
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (reason) => {
          settle();
          reject(reason);
        },
      });
      this.#write({ id, ...words } satisfies MessageInvocation, image);
    });
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  /** An agent that speaks HTTP alone would not know what to make of it: nothing is sent before its word. */
  #write(head: object, image?: Uint8Array): void {
    const parts = encodeMessage(head, image ? [image] : undefined);
    if (this.#isWelcome) for (const part of parts) this.#socket.write(part);
    else this.#unsent.push(...parts);
  }

  #received(buffer: Buffer, bytes: number): void {
    const chunk = buffer.subarray(0, bytes);
    if (!this.#isWelcome) return this.#greeted(chunk);
    try {
      this.#reader.push(chunk);
    } catch (thrown) {
      this.#fail(answers.badAnswer(MESSAGES_PATH, (thrown as Error).message));
    }
  }

  #greeted(chunk: Buffer): void {
    this.#welcome += chunk.toString('latin1');
    const end = this.#welcome.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#welcome.length > MAX_GREETING_BYTES)
        this.#fail(answers.badAnswer(MESSAGES_PATH, 'its head does not end'));
      return;
    }
    if (!this.#welcome.startsWith('HTTP/1.1 101 ')) {
      this.#onHttp();
      return this.#fail(new AskByHttp());
    }
    this.#isWelcome = true;
    const rest = Buffer.from(this.#welcome.slice(end + HEAD_END.length), 'latin1');
    this.#welcome = '';
    for (const part of this.#unsent.splice(0)) this.#socket.write(part);
    if (rest.length > 0) this.#received(rest, rest.length);
  }

  #take(answer: MessageAnswer): void {
    if ('closing' in answer) {
      this.#isClosing = true;
      if (answer.error) this.#fail(fromWire(answer.error));
      return;
    }
    const open = this.#open.get(answer.id);
    this.#open.delete(answer.id);
    this.#hasAnswered = true;
    if (!open) return;
    if ('result' in answer) return open.resolve(answer.result);
    const { error, retryAfterSeconds: seconds } = answer;
    const facts = seconds === undefined ? error.facts : { ...error.facts, retryAfterMs: seconds * 1_000 };
    open.reject(fromWire({ ...error, facts }));
  }

  #fail(reason: Error): void {
    this.#ended ??= reason;
    this.#socket.destroy();
  }

  #lost(): void {
    const reason = this.#ended;
    const all = [...this.#open.values()];
    this.#open.clear();
    for (const one of all) {
      if (!one) continue;
      const path = pathOf(one.service);
      const isNetwork = reason === undefined || 'errno' in reason;
      if (isNetwork && one.isReused) one.reject(new StaleLine());
      else if (!isNetwork) one.reject(reason);
      else
        one.reject(
          connectionError({ socketPath: this.#socketPath, peer: AGENT }, path, reason ?? HUNG_UP, this.#isWelcome),
        );
    }
  }

  #timedOut(service: string, timeoutMs: number): Error {
    return timedOut({ socketPath: this.#socketPath, peer: AGENT }, { path: pathOf(service), timeoutMs });
  }
}

const HUNG_UP = new Error('socket hang up');

/** As which errors name the request, however it was sent. */
function pathOf(service: string): string {
  return `/v1/services/${encodeURIComponent(service)}/invoke`;
}
