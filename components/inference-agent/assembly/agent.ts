import type { Clock, Logger, LogLevel } from '#packages/foundation';
import type { IpcSession } from '#packages/ipc';
import type { KeyHolder } from '#packages/model-package';
import type { ObjectStore } from '#packages/object-store';
import type { BufferPool } from '../buffers/buffer-pool.ts';
import type { StorePlace } from '../fleet/aws-provider.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import type { Predecessor } from '../handover/predecessor.ts';
import type { OpenInstance } from '../instance/model-instance.ts';
import type { EdgeManagerOverlay } from '../settings/edge-manager-overlay.ts';
import type { Platform } from '../settings/instance-settings.ts';
import type { LiveConfiguration } from '../settings/live-configuration.ts';

export interface AgentOptions {
  /** Socket and store lie here. */
  readonly workFolder: string;
  readonly configuration: LiveConfiguration;
  /** Settings that were made in another component's name. */
  readonly overlay: EdgeManagerOverlay;
  readonly ipc: IpcSession;
  readonly thing: string;
  readonly regionOfDevice: string | undefined;
  /** Where the feedback uploader listens. Default: its socket in the work folder beside ours. */
  readonly feedbackSocket?: string | undefined;
  readonly openStore: (place: StorePlace) => ObjectStore;
  readonly platform: Platform;
  readonly openInstance: OpenInstance;
  /** Opens the keys of encrypted packages. */
  readonly keys: KeyHolder;
  /** How often the agent has crashed within the hour. Default: 0. */
  readonly crashes?: number;
  /** Answers until this one's models do. */
  readonly predecessor?: Predecessor | undefined;
  /** Shared memory for frames. */
  readonly frames: FrameMemory;
  /** Memory for images; the instances give it back. */
  readonly buffers: BufferPool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly setLogLevel: (level: LogLevel) => void;
}

export interface Agent {
  readonly socketPath: string;
  /** Socket on which models are activated, retired and rolled back. */
  readonly adminSocketPath: string;
  /** TCP port of the listener for Open Inference Protocol; undefined if there is none. */
  readonly openInferencePort: number | undefined;
  /** Resolves when what was active before is serving again, or has failed to. */
  readonly restored: Promise<void>;
  /** Changes nothing any more and answers on the socket for inference alone, for a successor that is on its way. Idempotent. */
  standBy(timeoutMs: number): Promise<void>;
  /** Answers what runs, ends the models, removes the sockets; within about `timeoutMs`. Idempotent. */
  close(timeoutMs: number): Promise<void>;
}
