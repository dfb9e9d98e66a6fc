import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** What a server does that is not one of ours. */
export type Oddity =
  /** Takes the request and never answers. */
  | 'silent'
  /** Hangs up inside of the answer. */
  | 'cut'
  | 'not-http'
  /** An error without a body of ours. */
  | 'bare-error'
  /** Refuses before it has read the body, and closes. */
  | 'early-refusal';

const ERROR = JSON.stringify({
  error: { code: 'http.body-too-large', message: 'the body is large', todo: 'Less.', status: 413, facts: {} },
});

const ANSWERS: Readonly<Record<Exclude<Oddity, 'silent'>, string>> = {
  cut: 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[0.5,',
  'not-http': 'hello\r\n\r\n',
  'bare-error': 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}',
  'early-refusal': `HTTP/1.1 413 Payload Too Large\r\ncontent-type: application/json\r\ncontent-length: ${ERROR.length}\r\nconnection: close\r\n\r\n${ERROR}`,
};

/** Serves one oddity on a Unix socket. */
export async function oddServer(socketPath: string, oddity: Oddity): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.once('data', () => {
      if (oddity === 'early-refusal') socket.pause();
      if (oddity !== 'silent') socket.end(ANSWERS[oddity], () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
