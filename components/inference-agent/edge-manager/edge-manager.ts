import { Serial } from '#packages/foundation';
import type { Clock, Incidents, Logger } from '#packages/foundation';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { Capture } from '../capture/capture.ts';
import type { TensorService } from '../invoke/tensor-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { captureData, captureStatus } from './calls/capture-calls.ts';
import { ModelCalls } from './calls/model-calls.ts';
import { OpenPredicts } from './calls/open-predicts.ts';
import { predict } from './calls/predict-call.ts';
import { agentErrors } from '../errors.ts';
import { ModelNames } from './model-names.ts';
import type { AgentHandlers } from './server/agent-service.ts';
import type { GrpcServer } from './server/start-server.ts';
import type { RestoredModels } from './restored-models.ts';
import { systemV } from './shared-memory/system-v.ts';

export interface EdgeManagerPorts {
  /** Relative urls of models start here. */
  readonly workFolder: string;
  readonly registry: ModelRegistry;
  readonly tensors: TensorService;
  readonly buffers: BufferPool;
  readonly capture: Capture;
  readonly restored: RestoredModels;
  /** Read anew with each `apply`. */
  readonly settings: () => EdgeManagerSettings;
  /** Called when the server is as the settings want it. */
  readonly onApplied: () => void;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Where clients of Edge Manager are served; `socketPath` is undefined where they are not. */
export interface EdgeManagerSettings {
  readonly socketPath: string | undefined;
  readonly mode: number;
  readonly maxMessageBytes: number;
}

/** Serves clients of SageMaker Edge Manager over gRPC, on the socket that the settings name. */
export class EdgeManager {
  readonly #ports: EdgeManagerPorts;
  readonly #handlers: AgentHandlers;
  readonly #changes = new Serial();
  #running: { readonly settings: EdgeManagerSettings; readonly server: GrpcServer } | undefined;
  #cancelRetry: () => void = () => undefined;
  #closed = false;

  constructor(ports: EdgeManagerPorts) {
    this.#ports = ports;
    this.#handlers = handlersOf(ports);
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
    const { clock, incidents, onApplied } = this.#ports;
    this.#cancelRetry();
    const served = (): void => {
      incidents.resolved(SUBJECT, 'edge-manager.served');
      onApplied();
    };
    await this.apply().then(served, (error: unknown) => {
      incidents.opened(SUBJECT, 'edge-manager.not-served', { error, retryMs: RETRY_MS, severity: 'error' });
      if (!this.#closed) this.#cancelRetry = clock.after(RETRY_MS, () => void this.follow());
    });
  }

  /** Ends the server; calls that run have `timeoutMs` to finish. Idempotent. */
  close(timeoutMs: number): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    return this.#changes.run(() => this.#stop(timeoutMs));
  }

  async #apply(settings: EdgeManagerSettings): Promise<void> {
    if (same(settings, this.#running?.settings ?? OFF)) return;
    const old = this.#running;
    // The old socket is there until the new one is, but where both have the same path.
    if (old?.settings.socketPath === settings.socketPath) await this.#stop(MOVE_MS);
    if (settings.socketPath !== undefined) await this.#start(settings, settings.socketPath);
    else this.#running = undefined;
    if (old && old.settings.socketPath !== settings.socketPath) await old.server.close(MOVE_MS);
  }

  async #start(settings: EdgeManagerSettings, socketPath: string): Promise<void> {
    const { clock, log } = this.#ports;
    if (process.platform === 'win32') {
      const message = 'clients of Edge Manager are served on Unix sockets, which gRPC lacks on Windows';
      throw agentErrors.error('edge-manager.socket-unsupported', message);
    }
    // Loaded only here: most devices have no such client, and it costs them neither time nor memory.
    const { startGrpcServer } = await import('./server/start-server.ts');
    const server = await startGrpcServer({ ...settings, socketPath, handlers: this.#handlers, clock, log });
    this.#running = { settings, server };
    log.info({ socket: socketPath, message: `Server listening on unix://${socketPath}` }, 'edge-manager.listening');
  }

  async #stop(timeoutMs: number): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.server.close(timeoutMs);
  }
}

const OFF: EdgeManagerSettings = { socketPath: undefined, mode: 0, maxMessageBytes: 0 };
const RETRY_MS = 5_000;
const SUBJECT = 'the socket of Edge Manager';
/** What runs when the socket is moved may take this long. */
const MOVE_MS = 10_000;

function same(a: EdgeManagerSettings, b: EdgeManagerSettings): boolean {
  if (a.socketPath === undefined || b.socketPath === undefined) return a.socketPath === b.socketPath;
  return a.socketPath === b.socketPath && a.mode === b.mode && a.maxMessageBytes === b.maxMessageBytes;
}

function handlersOf(ports: EdgeManagerPorts): AgentHandlers {
  const { registry, tensors, buffers, capture } = ports;
  const names = new ModelNames();
  const predicts = new OpenPredicts();
  const models = new ModelCalls({ ...ports, names, predicts });
  const predictPorts = { tensors, names, predicts, buffers, sharedMemory: systemV };
  const served = (alias: string) => registry.served(alias);
  const capturePorts = { capture, names, served, sharedMemory: systemV };
  return {
    Predict: (request, { signal, ...caller }) =>
      predict(predictPorts, request, {
        ...caller,
        onCancelled: (listener) => signal.addEventListener('abort', listener, { once: true }),
      }),
    LoadModel: (request, { client, signal }) => models.load(request, client(), signal),
    UnLoadModel: (request) => models.unload(request),
    ListModels: () => models.list(),
    DescribeModel: (request) => models.describe(request),
    CaptureData: (request) => captureData(capturePorts, request),
    GetCaptureDataStatus: ({ capture_id: id }) => captureStatus(capturePorts, id),
  };
}
