import type { WireError } from '#packages/foundation';
import { tokenHeaders } from './token.ts';

/** A request that the console or a component behind it refused, with what to do about it. */
export class Refusal extends Error {
  readonly code: string;
  readonly todo: string;
  readonly facts: WireError['facts'];

  constructor({ code, message, todo, facts }: Pick<WireError, 'code' | 'message' | 'todo'> & Partial<WireError>) {
    super(message);
    this.code = code;
    this.todo = todo;
    this.facts = facts ?? {};
  }
}

/** @throws Refusal */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(init.headers as Record<string, string> | undefined), ...tokenHeaders() };
  const response = await fetch(path, { ...init, headers, cache: 'no-store' }).catch(() => {
    throw new Refusal({
      code: 'console.away',
      message: 'the console does not answer',
      todo: 'Check whether edgeml.Console runs, and whether the SSH connection is still open.',
    });
  });
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: WireError };
  throw new Refusal(body.error ?? { code: String(response.status), message: response.statusText, todo: '' });
}

/** @throws Refusal */
export async function requestJson<Body>(path: string, init?: RequestInit): Promise<Body> {
  return (await (await request(path, init)).json()) as Body;
}
