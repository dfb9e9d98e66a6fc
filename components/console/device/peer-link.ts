import { answerReader, createHttpClient } from '#packages/http';
import type { HttpAnswer, Peer } from '#packages/http';
import { consoleErrors } from '../errors.ts';

/** A component on this device, as its socket answers. */
export interface PeerLink {
  /** Component name, e.g. `edgeml.InferenceApp`. */
  readonly component: string;
  /** @throws EdgeError that the component sent, or that it cannot be reached */
  json<Body>(path: string, call?: PeerCall): Promise<Body>;
  bytes(path: string, call?: PeerCall): Promise<HttpAnswer>;
  /** `GET /healthz`, which has a body with every status. */
  health(): Promise<PeerHealth>;
  close(): void;
}

interface PeerCall {
  readonly method?: 'GET' | 'POST';
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What every component says of itself, and more. */
interface PeerHealth {
  readonly status: string;
  readonly incidents?: readonly DeviceIncident[];
  readonly [fact: string]: unknown;
}

/** Something that is wrong now. */
export interface DeviceIncident {
  readonly code: string;
  readonly subject: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly todo?: string;
  /** ISO 8601. */
  readonly since: string;
}

const TIMEOUT_MS = 5_000;

/** @param socketPath undefined if nobody says where the component's socket is */
export function peerLink(component: string, peer: Peer, socketPath: string | undefined): PeerLink {
  const answers = answerReader(peer);
  const http = socketPath === undefined ? undefined : createHttpClient({ socketPath, peer, timeoutMs: TIMEOUT_MS });
  const request = async (path: string, { method = 'GET', ...call }: PeerCall = {}): Promise<HttpAnswer> => {
    if (http) return http.request({ method, path, ...call });
    throw consoleErrors.error('console.no-socket', `nobody has told the console where the socket of ${component} is`);
  };
  const bytes = async (path: string, call?: PeerCall) => answers.checked(await request(path, call));
  return {
    component,
    bytes,
    json: async <Body>(path: string, call?: PeerCall) => answers.parsed(path, await bytes(path, call)) as Body,
    health: async () => answers.parsed('/healthz', await request('/healthz')) as PeerHealth,
    close: () => http?.close(),
  };
}
