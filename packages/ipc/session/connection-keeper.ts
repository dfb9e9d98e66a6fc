import { fullJitter, messageOf, sleep } from '#packages/foundation';
import type { BackoffOptions, Clock, EdgeError, Logger } from '#packages/foundation';

import { ipcErrors } from '../errors.ts';
import type { IpcState } from '../session.ts';
import { NucleusFault } from '../transport/nucleus-transport.ts';
import type { NucleusConnection, NucleusTransport } from '../transport/nucleus-transport.ts';

export interface KeeperOptions {
  readonly transport: NucleusTransport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly backoff: BackoffOptions;
  /** Bound on one attempt to connect. */
  readonly connectTimeoutMs: number;
  /** How long refusals must last before the token counts as dead. */
  readonly refusedForMs: number;
  /** Called when no more can be done here: the process should end non-zero. */
  readonly onGiveUp: (error: EdgeError) => void;
}

/**
 * Refusals in a row, at least, after which the token counts as dead. Hang-ups during the handshake count too: nucleus lite refuses so.
 * It does the same while its other daemons are still starting, and a component that ends three times in an hour stays down there: so
 * the refusals must last, too.
 */
const REFUSALS_TO_GIVE_UP = 3;
/** A connection that lived this long resets the back-off. */
const STABLE_MS = 10_000;
/** Calls that may wait for a connection; each is bounded in time by its own time-out. */
const MAX_WAITING = 1_000;

/** Keeps one connection to the nucleus up: a new one per attempt, full-jitter back-off between attempts, state told to listeners. */
export class ConnectionKeeper {
  readonly #options: KeeperOptions;
  readonly #ended = new AbortController();
  readonly #listeners = new Set<(state: IpcState) => void>();
  readonly #restorers: ((connection: NucleusConnection) => Promise<void>)[] = [];
  readonly #waiting = new Set<Waiter>();
  #state: IpcState = 'connecting';
  #refusal: EdgeError | undefined;
  #current: NucleusConnection | undefined;
  #dropCurrent: ((reason: string) => void) | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  get state(): IpcState {
    return this.#state;
  }

  /** Why the last attempt was refused; undefined when it was not. */
  get refusal(): EdgeError | undefined {
    return this.#refusal;
  }

  start(): void {
    this.#loop = this.#keep();
  }

  onState(listener: (state: IpcState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Runs on every new connection before calls may use it. */
  beforeUse(restore: (connection: NucleusConnection) => Promise<void>): void {
    this.#restorers.push(restore);
  }

  isCurrent(connection: NucleusConnection): boolean {
    return this.#current === connection;
  }

  /** The connection, as soon as there is one; in order of asking. Rejects with the signal's reason, or `ipc.closed`. */
  async connection(signal: AbortSignal): Promise<NucleusConnection> {
    if (this.#state === 'closed') throw closed();
    if (this.#current && this.#state === 'connected') return this.#current;
    if (this.#waiting.size >= MAX_WAITING) throw overloaded();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => waiter.reject(signal.reason as Error);
      const waiter: Waiter = {
        resolve: (connection) => (leave(), resolve(connection)),
        reject: (error) => (leave(), reject(error)),
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Gives the present connection up for a new one. */
  rebuild(reason: string): void {
    this.#dropCurrent?.(reason);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#setState('closed');
    this.#ended.abort(closed());
    for (const waiter of [...this.#waiting]) waiter.reject(closed());
    await this.#loop;
  }

  async #keep(): Promise<void> {
    const { clock, random, backoff, log } = this.#options;
    const refused: Refusals = { inARow: 0, sinceMs: 0, givenUp: false };
    for (let attempt = 0; !this.#ended.signal.aborted; attempt++) {
      const startedAt = clock.monotonic();
      try {
        await this.#useOneConnection();
        refused.inARow = 0;
        if (clock.monotonic() - startedAt > STABLE_MS) attempt = 0;
      } catch (thrown) {
        if (this.#ended.signal.aborted) break;
        if (!isRefusal(thrown)) refused.inARow = 0;
        else if (refused.inARow++ === 0) Object.assign(refused, { sinceMs: clock.monotonic(), givenUp: false });
        this.#tellFailure(thrown, refused);
      }
      const waitMs = fullJitter(backoff, attempt, random);
      log.debug({ attempt, waitMs }, 'ipc.waiting');
      await sleep(clock, waitMs, this.#ended.signal).catch(() => undefined);
    }
  }

  /** Opens, restores, serves until the connection ends. */
  async #useOneConnection(): Promise<void> {
    let resolveGone: (reason: string) => void = () => undefined;
    const gone = new Promise<string>((resolve) => (resolveGone = resolve));
    // No call may take a connection that is known to be dead, so it is forgotten at once, not a turn later.
    const drop = (reason: string): void => {
      this.#current = undefined;
      resolveGone(reason);
    };
    const connection = await this.#open(drop);
    const onEnd = (): void => drop('session closed');
    this.#ended.signal.addEventListener('abort', onEnd, { once: true });
    this.#current = connection;
    this.#dropCurrent = drop;
    const restored = Promise.all(this.#restorers.map((restore) => restore(connection)));
    const early = await Promise.race([gone, restored.then(() => undefined)]);
    if (early === undefined && !this.#ended.signal.aborted) this.#serve(connection);
    const reason = early ?? (await gone);
    this.#dropCurrent = undefined;
    this.#ended.signal.removeEventListener('abort', onEnd);
    this.#setState('disconnected');
    if (!this.#ended.signal.aborted) this.#options.log.warn({ reason }, 'ipc.disconnected');
    await this.#closeWithin(connection);
  }

  async #open(onClosed: (reason: string) => void): Promise<NucleusConnection> {
    const { clock, connectTimeoutMs, transport } = this.#options;
    const attempt = new AbortController();
    const noAnswer = (): void =>
      attempt.abort(new NucleusFault('unreachable', `no answer to the handshake within ${connectTimeoutMs} ms`));
    const onEnd = (): void => attempt.abort(this.#ended.signal.reason);
    const cancel = clock.after(connectTimeoutMs, noAnswer);
    this.#ended.signal.addEventListener('abort', onEnd, { once: true });
    try {
      return await transport.open(onClosed, attempt.signal);
    } finally {
      cancel();
      this.#ended.signal.removeEventListener('abort', onEnd);
    }
  }

  #serve(connection: NucleusConnection): void {
    this.#refusal = undefined;
    this.#setState('connected');
    this.#options.log.info({}, 'ipc.connected');
    for (const waiter of [...this.#waiting]) waiter.resolve(connection);
  }

  #tellFailure(thrown: unknown, refused: Refusals): void {
    const { log, onGiveUp, clock, refusedForMs } = this.#options;
    const definite = thrown instanceof NucleusFault && thrown.kind === 'refused';
    log.warn({ reason: messageOf(thrown), refusals: refused.inARow }, 'ipc.connect-failed');
    const isDead = refused.inARow >= REFUSALS_TO_GIVE_UP && clock.monotonic() - refused.sinceMs >= refusedForMs;
    if (!definite && !isDead) return;
    this.#refusal = ipcErrors.error('ipc.refused', `the nucleus refused this process: ${messageOf(thrown)}`, {
      cause: thrown,
    });
    this.#setState('refused');
    if (!isDead || refused.givenUp) return;
    refused.givenUp = true;
    onGiveUp(this.#refusal);
  }

  /** A connection that does not even close must not hold up the next one. */
  async #closeWithin(connection: NucleusConnection): Promise<void> {
    const enough = new AbortController();
    await Promise.race([connection.close(), sleep(this.#options.clock, 1_000, enough.signal).catch(() => undefined)]);
    enough.abort();
  }

  #setState(state: IpcState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (thrown) {
        this.#options.log.error({ error: thrown, state }, 'ipc.listener-failed');
      }
    }
  }
}

interface Refusals {
  inARow: number;
  /** `clock.monotonic()` of the first of them. */
  sinceMs: number;
  /** Said once for each row. */
  givenUp: boolean;
}

interface Waiter {
  readonly resolve: (connection: NucleusConnection) => void;
  readonly reject: (error: Error) => void;
}

function isRefusal(thrown: unknown): boolean {
  return thrown instanceof NucleusFault && (thrown.kind === 'refused' || thrown.kind === 'dropped');
}

function closed(): EdgeError {
  return ipcErrors.error('ipc.closed', 'the session with the nucleus is closed');
}

function overloaded(): EdgeError {
  return ipcErrors.error('ipc.overloaded', `${MAX_WAITING} calls wait for the connection to the nucleus already`);
}
