import type { ServerResponse } from 'node:http';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { wireErrorOf } from '#packages/foundation';
import { sendJson } from '#packages/http';
import type { ActivateProgress, Route } from '#packages/http';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { readJson } from './body.ts';
import { agentErrors } from '../errors.ts';

/** Answers line by line while it goes on; the last line says how it ended. */
export function activateRoute(registry: ModelRegistry): Route {
  return {
    method: 'POST',
    path: '/v1/models/activate',
    async handle(request, response) {
      const { path, alias } = parsed(activateSchema, await readJson(request));
      const signal = whileConnected(response);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const write = (step: ActivateProgress): void => void response.write(`${JSON.stringify(step)}\n`);
      try {
        write(await registry.activate({ path, ...(alias ? { alias } : {}) }, write, signal));
      } catch (thrown) {
        write({ phase: 'failed', error: wireErrorOf(thrown) });
      }
      response.end();
    },
  };
}

export function retireRoute(registry: ModelRegistry): Route {
  return {
    method: 'POST',
    path: '/v1/models/{alias}/retire',
    async handle(request, response, alias: string) {
      const { path } = parsed(retireSchema, await readJson(request));
      sendJson(response, 200, await registry.retire(alias, path));
    },
  };
}

export function rollbackRoute(registry: ModelRegistry): Route {
  return {
    method: 'POST',
    path: '/v1/models/{alias}/rollback',
    async handle(request, response, alias: string) {
      parsed(z.strictObject({}), await readJson(request));
      sendJson(response, 200, await registry.rollback(alias, () => undefined, whileConnected(response)));
    },
  };
}

function whileConnected(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client hung up')));
  return gone.signal;
}

const absolutePath = z.string().min(1).max(4096).refine(isAbsolute, 'must be an absolute path');
const activateSchema = z.strictObject({ path: absolutePath, alias: z.string().optional() });
const retireSchema = z.strictObject({ path: absolutePath.optional() });

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`).join('; ');
  throw agentErrors.error('http.bad-request', `the body is not valid: ${problems}`);
}
