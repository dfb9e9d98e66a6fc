import { Serial } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import { agentErrors } from '../errors.ts';
import type { GrpcServer } from '../edge-manager/server/start-server.ts';

/** Where clients of an old agent are served over gRPC; `socketPath` is undefined if they are not. */
export interface GrpcFaceSettings {
  readonly socketPath: string | undefined;
  readonly mode: number;
  readonly maxMessageBytes: number;
}

export interface GrpcFacePorts {
  /** First part of the names of its incidents and errors, e.g. `edge-manager`. */
  readonly name: 'edge-manager' | 'lookout';
  /** In sentences, e.g. `Edge Manager`. */
  readonly title: string;
  /** Read again with each `apply`. */
  readonly settings: () => GrpcFaceSettings;
  readonly start: (settings: GrpcFaceSettings & { readonly socketPath: string }) => Promise<GrpcServer>;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Serves clients of an old agent over gRPC, on the socket that the settings name. */
export class GrpcFace {
  readonly #ports: GrpcFacePorts;
  readonly #changes = new Serial();
  #running: { readonly settings: GrpcFaceSettings; readonly server: GrpcServer } | undefined;
  #cancelRetry: () => void = () => undefined;
  #onServed: () => void = () => undefined;
  #closed = false;

  constructor(ports: GrpcFacePorts) {
    this.#ports = ports;
  }

  /** The listener is called each time the server has become as the settings want it. */
  onServed(listener: () => void): void {
    this.#onServed = listener;
  }

  /**
   * Starts, moves or stops the server, as the settings have it now.
   * @throws EdgeError `socket.*`, `edge-manager.socket-unsupported`
   */
  apply(): Promise<void> {
    return this.#changes.run(() => this.#apply(this.#closed ? OFF : this.#ports.settings()));
  }

  /** Socket that listens, `off` if the settings want none; undefined while what the settings want is not there. */
  get served(): string | undefined {
    const wanted = this.#ports.settings();
    if (!same(wanted, this.#running?.settings ?? OFF)) return undefined;
    return wanted.socketPath ?? 'off';
  }

  /** As `apply`, again and again until it succeeds: a socket that is taken may become free. */
  async follow(): Promise<void> {
    const { name, title, clock, incidents } = this.#ports;
    const subject = `the socket of ${title}`;
    this.#cancelRetry();
    const served = (): void => {
      incidents.resolved(subject, `${name}.served`);
      this.#onServed();
    };
    await this.apply().then(served, (error: unknown) => {
      incidents.opened(subject, `${name}.not-served`, { error, retryMs: RETRY_MS, severity: 'error' });
      if (!this.#closed) this.#cancelRetry = clock.after(RETRY_MS, () => void this.follow());
    });
  }

  /** Ends the server; calls that run have `timeoutMs` to finish. Idempotent. */
  close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    return this.#changes.run(() => this.#stop(timeoutMs));
  }

  async #apply(settings: GrpcFaceSettings): Promise<void> {
    if (same(settings, this.#running?.settings ?? OFF)) return;
    const old = this.#running;
    // The old socket is there until the new one is, but where both have the same path.
    if (old?.settings.socketPath === settings.socketPath) await this.#stop(MOVE_MS);
    if (settings.socketPath !== undefined) await this.#start(settings, settings.socketPath);
    else this.#running = undefined;
    if (old && old.settings.socketPath !== settings.socketPath) await old.server.close(MOVE_MS);
  }

  async #start(settings: GrpcFaceSettings, socketPath: string): Promise<void> {
    const { name, title, start, log } = this.#ports;
    if (process.platform === 'win32') {
      const message = `clients of ${title} are served on Unix sockets, which gRPC lacks on Windows`;
      throw agentErrors.error('edge-manager.socket-unsupported', message);
    }
    const server = await start({ ...settings, socketPath });
    this.#running = { settings, server };
    log.info({ socket: socketPath, message: `Server listening on unix://${socketPath}` }, `${name}.listening`);
  }

  async #stop(timeoutMs: number): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.server.close(timeoutMs);
  }
}

const OFF: GrpcFaceSettings = { socketPath: undefined, mode: 0, maxMessageBytes: 0 };
const RETRY_MS = 5_000;
/** How long calls that run when the socket is moved may take. */
const MOVE_MS = 10_000;

function same(a: GrpcFaceSettings, b: GrpcFaceSettings): boolean {
  if (a.socketPath === undefined || b.socketPath === undefined) return a.socketPath === b.socketPath;
  return a.socketPath === b.socketPath && a.mode === b.mode && a.maxMessageBytes === b.maxMessageBytes;
}
