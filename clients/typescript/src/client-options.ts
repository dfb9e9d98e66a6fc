import { ValueError } from './exceptions.ts';

export interface ClientOptions {
  /**
   * Unix socket or Windows named pipe of the service. Default: the environment's `EDGEML_AGENT_SOCKET` or
   * `EDGEML_FEEDBACK_SOCKET`, else the socket beside the working directory, which for a component of Greengrass is its
   * work folder.
   */
  readonly socketPath?: string;
  /** Longest time from a call to its end. Default 60,000. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/** @throws ValueError */
export function timeoutOf({ timeoutMs = DEFAULT_TIMEOUT_MS }: ClientOptions): number {
  if (Number.isFinite(timeoutMs) && timeoutMs > 0) return timeoutMs;
  throw new ValueError(`timeoutMs must be a positive number, got ${String(timeoutMs)}`);
}
