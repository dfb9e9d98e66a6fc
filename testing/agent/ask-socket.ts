import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { ErrorBody } from '#packages/http';

export interface SocketAnswer {
  readonly status: number;
  readonly body: string;
  /** The error in the answer, if there is one. */
  readonly error: ErrorBody['error'] | undefined;
}

/** One request, bare of what clients do, on its own connection. Without a length the body goes in chunks. */
export async function askSocket(
  socketPath: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: string | Uint8Array },
  headers: Readonly<Record<string, string>> = {},
): Promise<SocketAnswer> {
  const outgoing = request({ socketPath, method, path, headers, agent: false });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const status = response.statusCode ?? 0;
  const answer = await text(response);
  return { status, body: answer, error: status < 400 ? undefined : (JSON.parse(answer) as ErrorBody).error };
}

const GET_HEALTH = `
  require('node:http')
    .get({ socketPath: process.argv[1], path: '/healthz', agent: false }, (response) => console.log(response.resume().statusCode))
    .on('error', (error) => console.log(error.code));
`;

/**
 * Asks for the health as another user. Only root may.
 * @returns the status, or the code of the error that kept the user from asking
 */
export async function askAs(who: { readonly uid: number; readonly gid: number }, socketPath: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', GET_HEALTH, socketPath], { ...who, cwd: '/' });
  return stdout.trim();
}
