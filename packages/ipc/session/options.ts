import { silentLogger, systemClock } from '#packages/foundation';
import type { BackoffOptions, Clock, EdgeError, Environment, Logger } from '#packages/foundation';

import type { NucleusTransport } from '../transport/nucleus-transport.ts';

export interface IpcOptions {
  /** Component name, e.g. `edgeml.InferenceApp`. */
  readonly component: string;
  /** `SVCUID` and socket path. Without both there is no nucleus, and the session is a no-op. */
  readonly environment: Pick<Environment, 'ipcToken' | 'ipcSocket'> &
    Partial<Pick<Environment, 'ipcTransport' | 'nucleus'>>;
  /** Default: what `transportFor` makes of `environment`. */
  readonly transport?: NucleusTransport;
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: () => number;
  /** Bound on `ready()` and on one attempt to connect. Default 30 s. */
  readonly connectTimeoutMs?: number;
  /** Bound on every call, waiting for a connection included. Default 10 s. */
  readonly callTimeoutMs?: number;
  /** Between attempts to connect. Default 100 ms, doubling, up to 3 s. */
  readonly backoff?: BackoffOptions;
  /** Default: every 15 s, three may go missing. `false` switches the loop-back off. */
  readonly heartbeat?: HeartbeatTiming | false;
  /** Default 5 min. */
  readonly configurationRefreshMs?: number;
  /** How long the nucleus must refuse the token before `onGiveUp`. Default 5 s. */
  readonly refusedForMs?: number;
  /** A local subscription that is silent for so long is made again, in case that it is deaf. Default 1 min. */
  readonly renewMs?: number;
  /** Larger messages are refused. Default 10,000, the frame of nucleus lite; on the Java nucleus it may be raised up to 24 MiB. */
  readonly maxFrameBytes?: number;
  /** The session cannot help itself any more (token dead, or deaf on every new connection): let the process end non-zero. Default: nothing. */
  readonly onGiveUp?: (error: EdgeError) => void;
}

interface HeartbeatTiming {
  readonly intervalMs: number;
  readonly missedBeats: number;
}

export interface ResolvedIpcOptions extends Required<Omit<IpcOptions, 'environment'>> {
  readonly transport: NucleusTransport;
  /** The nucleus is nucleus lite, or nobody knows. */
  readonly lite: boolean;
}

export function resolveOptions(options: IpcOptions, transport: NucleusTransport): ResolvedIpcOptions {
  return {
    component: options.component,
    transport,
    lite: options.environment.nucleus !== 'java',
    log: options.log ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
    callTimeoutMs: options.callTimeoutMs ?? 10_000,
    backoff: options.backoff ?? { baseMs: 100, capMs: 3_000 },
    heartbeat: options.heartbeat ?? { intervalMs: 15_000, missedBeats: 3 },
    configurationRefreshMs: options.configurationRefreshMs ?? 300_000,
    refusedForMs: options.refusedForMs ?? 5_000,
    renewMs: options.renewMs ?? 60_000,
    maxFrameBytes: options.maxFrameBytes ?? 10_000,
    onGiveUp: options.onGiveUp ?? (() => undefined),
  };
}
