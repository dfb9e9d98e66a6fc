import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EdgeError } from '#packages/foundation';
import { createHttpClient } from '../http-client.ts';
import { startSocketServer } from './http-server.ts';
import { sendError } from './send.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'send-error-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function answerTo(thrown: unknown) {
  const socketPath = path.join(folder, 'api.sock');
  const server = await startSocketServer(socketPath, (_request, response) => void sendError(response, thrown));
  const client = createHttpClient({ socketPath });
  const { status, headers, body } = await client.request({ method: 'GET', path: '/' });
  client.close();
  await server.close(1_000);
  return { status, headers, error: (JSON.parse(body.toString()) as { error: unknown }).error };
}

describe('sendError', () => {
  it('answers with the status of the code, in the body too', async () => {
    const thrown = new EdgeError('shop.no-bread', { status: 404, todo: 'Take rolls.' }, 'no bread');
    const error = { code: 'shop.no-bread', message: 'no bread', todo: 'Take rolls.', status: 404, facts: {} };
    expect(await answerTo(thrown)).toMatchObject({ status: 404, error });
  });

  it.each([
    ['a code without a status', new EdgeError('shop.burned', { todo: 'Bake again.' }, 'it burned'), 'shop.burned'],
    ['what is not an EdgeError', new TypeError('x is undefined'), 'internal'],
  ])('answers 500 to %s', async (_, thrown, code) => {
    expect(await answerTo(thrown)).toMatchObject({ status: 500, error: { code, status: 500 } });
  });

  it('says when to come back and which method is allowed', async () => {
    const facts = { retryAfterSeconds: 3, allow: 'POST' };
    const thrown = new EdgeError('shop.full', { status: 503, todo: 'Wait.' }, 'full', { facts });
    expect((await answerTo(thrown)).headers).toMatchObject({ 'retry-after': '3', allow: 'POST' });
    const busy = new EdgeError('shop.full', { status: 503, todo: 'Wait.' }, 'full');
    expect((await answerTo(busy)).headers['retry-after']).toBe('1');
  });
});
