import type { IpcOptions, IpcSession } from '#packages/ipc';

/** The nucleus, real or in memory, as the conformance suite needs it. Functions that return a function: call it to undo. */
export interface NucleusRig {
  /** Opens a session of the component. Closed with the rig. */
  session(component: string, options?: Partial<IpcOptions>): IpcSession;
  configure(component: string, keyPath: readonly string[], value: unknown): void;
  /** Kills the socket with all its connections; the result brings it back. */
  killSocket(): Promise<() => Promise<void>>;
  stallSubscriptions(): () => void;
  refuseTokens(): () => void;
  delayAnswers(ms: number): () => void;
  /** Takes all pub/sub permission from the component. */
  denyPubsub(component: string): () => void;
  /** Streams that the nucleus holds for the component. */
  streams(component: string): number;
  /** Resolves when the component has let the update go. */
  announceUpdate(component: string): Promise<void>;
  /** Resolves with the reason of a rejection. */
  askValidity(component: string, configuration: Record<string, unknown>): Promise<string | undefined>;
  /** Messages to IoT Core, and from it. */
  readonly iotMessages: readonly { readonly topic: string; readonly payload: string }[];
  deliverIot(topic: string, payload: string): void;
  readonly reportedStates: readonly string[];
  /** Lets time pass until the condition holds; fails when it never does. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly lite?: boolean;
}

/** Components of every rig. */
export const SPEAKER = 'edgeml.Speaker';
export const HEARER = 'edgeml.Hearer';
/** A secret of every rig's device. */
export const SECRET = { name: 'edgeml/camera', text: '{"username":"viewer","password":"s3cret"}' };

/** Times short enough for real sockets, long enough for a loaded machine. */
export const RIG_TIMING: Partial<IpcOptions> = {
  backoff: { baseMs: 10, capMs: 100 },
  heartbeat: { intervalMs: 200, missedBeats: 3 },
  callTimeoutMs: 5_000,
  connectTimeoutMs: 10_000,
  refusedForMs: 100,
};
