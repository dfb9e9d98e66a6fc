import { answerReader, createHttpClient } from '#packages/http';
import type { ComponentHealth, HttpAnswer, Peer } from '#packages/http';
import { consoleErrors } from '../errors.ts';

/** A component on this device, as its socket answers. */
export interface PeerLink {
  /** Component name, e.g. `edgeml.InferenceApp`. */
  readonly component: string;
  /** @throws EdgeError that the component sent, or that it cannot be reached */
  json<Body>(path: string, call?: PeerCall): Promise<Body>;
  bytes(path: string, call?: PeerCall): Promise<HttpAnswer>;
  /** `GET /healthz`, which has a body with every status. */
  health(): Promise<ComponentHealth>;
  close(): void;
}

interface PeerCall {
  readonly method?: 'GET' | 'POST';
  readonly body?: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 5_000;

/** @param socketPath undefined if the environment does not name the component's socket */
export function peerLink(component: string, peer: Peer, socketPath: string | undefined): PeerLink {
  const answers = answerReader(peer);
  const http = socketPath === undefined ? undefined : createHttpClient({ socketPath, peer, timeoutMs: TIMEOUT_MS });
  const request = async (path: string, { method = 'GET', ...call }: PeerCall = {}): Promise<HttpAnswer> => {
    if (http) return http.request({ method, path, ...call });
    throw consoleErrors.error(
      'console.no-socket',
      `the environment of the console does not name the socket of ${component}`,
    );
  };
  const bytes = async (path: string, call?: PeerCall) => answers.checked(await request(path, call));
  return {
    component,
    bytes,
    json: async <Body>(path: string, call?: PeerCall) => answers.parsed(path, await bytes(path, call)) as Body,
    health: async () => answers.parsed('/healthz', await request('/healthz')) as ComponentHealth,
    close: () => http?.close(),
  };
}
