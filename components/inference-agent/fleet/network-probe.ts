import { connect } from 'node:net';
import type { Clock } from '#packages/foundation';
import type { NetworkStatus } from '../capture/upload/capture-upload.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** An answer is believed for so long: captures come in bursts. */
const OK_FOR_MS = 10_000;
const NO_ACCESS_FOR_MS = 2_000;

/** Opens a connection to a URL's host and closes it again. */
export type TryConnection = (url: URL, timeoutMs: number) => Promise<void>;

/** Whether the store can be reached, asked at most every few seconds. */
export class NetworkProbe {
  readonly #clock: Clock;
  readonly #tryConnection: TryConnection;
  #last: { readonly status: NetworkStatus; readonly until: number; readonly host: string } | undefined;
  #asking: Promise<NetworkStatus> | undefined;

  constructor(clock: Clock, tryConnection: TryConnection = openConnection) {
    this.#clock = clock;
    this.#tryConnection = tryConnection;
  }

  status(url: URL): Promise<NetworkStatus> {
    const last = this.#last;
    if (last && last.host === url.host && this.#clock.monotonic() < last.until) return Promise.resolve(last.status);
    this.#asking ??= this.#ask(url).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** The last answer holds no longer: an upload said otherwise. */
  forget(): void {
    this.#last = undefined;
  }

  async #ask(url: URL): Promise<NetworkStatus> {
    const status = await this.#tryConnection(url, CONNECT_TIMEOUT_MS).then(
      () => 'OK' as const,
      () => 'NO_NETWORK_ACCESS' as const,
    );
    const until = this.#clock.monotonic() + (status === 'OK' ? OK_FOR_MS : NO_ACCESS_FOR_MS);
    this.#last = { status, until, host: url.host };
    return status;
  }
}

function openConnection(url: URL, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const port = Number(url.port) || (url.protocol === 'http:' ? 80 : 443);
    const socket = connect({ host: url.hostname, port, timeout: timeoutMs });
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.once('connect', () => end(resolve));
    socket.once('error', (error) => end(() => reject(error)));
    socket.once('timeout', () => end(() => reject(new Error(`no connection within ${timeoutMs} ms`))));
  });
}
