import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

/** The behavior of a server that is not one of ours. */
export type Oddity =
  /** Takes the request and never answers. */
  | 'silent'
  /** Hangs up inside of the answer. */
  | 'cut'
  | 'not-http'
  /** An error without a body of ours. */
  | 'bare-error'
  /** Refuses before it has read the body, and closes. */
  | 'early-refusal'
  /** Says that the deadline has passed. */
  | 'past-deadline';

function refusal(status: number, code: string): string {
  const body = JSON.stringify({ error: { code, message: 'it is refused', todo: 'Ask for less.', status, facts: {} } });
  const head = ['content-type: application/json', `content-length: ${body.length}`, 'connection: close'];
  return `HTTP/1.1 ${status} Refused\r\n${head.join('\r\n')}\r\n\r\n${body}`;
}

const ANSWERS: Readonly<Record<Exclude<Oddity, 'silent'>, string>> = {
  cut: 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[0.5,',
  'not-http': 'hello\r\n\r\n',
  'bare-error': 'HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\n\r\n{}',
  'early-refusal': refusal(413, 'http.body-too-large'),
  'past-deadline': refusal(504, 'admission.deadline'),
};

export interface OddServer {
  /** Head of the last request. */
  readonly head: string;
  close(): Promise<void>;
}

/** Serves one oddity on a Unix socket. */
export async function oddServer(socketPath: string, oddity: Oddity): Promise<OddServer> {
  let head = '';
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    socket.once('data', (data: Buffer) => {
      head = data.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';
      if (oddity === 'early-refusal') socket.pause();
      if (oddity !== 'silent') socket.end(ANSWERS[oddity], () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    get head() {
      return head;
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
