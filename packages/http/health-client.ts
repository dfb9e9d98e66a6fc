import { resolve } from 'node:path';
import { answerReader } from './answers.ts';
import type { ComponentHealth } from './api/health-api.ts';
import { createHttpClient } from './http-client.ts';
import { AGENT } from './peer.ts';
import type { Peer } from './peer.ts';

const TIMEOUT_MS = 2_000;

/** The components that answer `GET /healthz`, by the socket in their work folder. The console listens on TCP only. */
const SOCKETS: Readonly<Record<string, string>> = {
  'edgeml.FeedbackUploader': 'feedback.sock',
  'edgeml.InferenceAgent': 'agent.sock',
  'edgeml.InferenceApp': 'app.sock',
};

/** Path of the socket that `readHealth` asks, below the root of a nucleus; undefined if the component does not have one. */
export function healthSocketOf(root: string, component: string): string | undefined {
  const socket = SOCKETS[component];
  return socket === undefined ? undefined : resolve(root, 'work', component, socket);
}

/**
 * Health of any component of the collection, as it tells it: `GET /healthz` on its socket, one connection, two seconds.
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
