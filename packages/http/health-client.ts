import { answerReader } from './answers.ts';
import type { ComponentHealth } from './api/health-api.ts';
import { createHttpClient } from './http-client.ts';
import { AGENT } from './peer.ts';
import type { Peer } from './peer.ts';

const TIMEOUT_MS = 2_000;

/**
 * What any component of the collection says of itself: `GET /healthz` on its socket, one connection, two seconds.
 *
 * @throws EdgeError `agent.unreachable`, `agent.timeout`, `agent.bad-answer`, whichever component it is
 */
export async function readHealth(socketPath: string, component = 'the component'): Promise<ComponentHealth> {
  const peer: Peer = { ...AGENT, name: component };
  const http = createHttpClient({ socketPath, peer, timeoutMs: TIMEOUT_MS });
  try {
    const answers = answerReader(peer);
    const body = answers.parsed('/healthz', await http.request({ method: 'GET', path: '/healthz' }));
    const { status, incidents = [] } = body as Partial<ComponentHealth>;
    if (status === undefined) throw answers.badAnswer('/healthz', 'it names no status');
    return { status, incidents };
  } finally {
    http.close();
  }
}
