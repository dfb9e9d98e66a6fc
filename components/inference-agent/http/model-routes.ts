import type { ServerResponse } from 'node:http';
import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { wireErrorOf } from '#packages/foundation';
import { jsonAnswer, sendJson } from '#packages/http';
import type { ActivateProgress, ModelRole, Route } from '#packages/http';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { readJson } from './body.ts';
import { agentErrors } from '../errors.ts';

/** The registry of each role. */
export type Registries = Readonly<Record<ModelRole, Pick<ModelRegistry, 'activate' | 'retire'>>>;

/** Answers line by line while it continues; the last line says how it ended. */
export function activateRoute(registries: Registries): Route {
  return {
    method: 'POST',
    path: '/v1/models/activate',
    api: {
      summary:
        'Verifies, loads and tests a model package, then lets it serve, or run as a challenger beside the one that does.',
      body: { content: { 'application/json': { schema: activateSchema } } },
      answers: {
        200: {
          is: 'One line for each step; the phase of the last line is `done` or `failed`.',
          content: { 'application/x-ndjson': { type: 'ActivateProgress' } },
        },
      },
    },
    async handle(request, response) {
      const { path, alias, role } = parsed(activateSchema, await readJson(request));
      const signal = whileConnected(response);
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const write = (step: ActivateProgress): void => void response.write(`${JSON.stringify(step)}\n`);
      try {
        write(await registries[role].activate({ path, ...(alias ? { alias } : {}) }, write, signal));
      } catch (thrown) {
        write({ phase: 'failed', error: wireErrorOf(thrown) });
      }
      response.end();
    },
  };
}

export function retireRoute(registries: Registries): Route {
  return {
    method: 'POST',
    path: '/v1/models/{alias}/retire',
    api: {
      summary: 'Marks a model as retired: it serves on until a successor is active, or its time is over.',
      body: { content: { 'application/json': { schema: retireSchema } } },
      answers: { 200: jsonAnswer('The model that serves.', { type: 'ModelStatus' }) },
    },
    async handle(request, response, alias: string) {
      const { path, role } = parsed(retireSchema, await readJson(request));
      sendJson(response, 200, await registries[role].retire(alias, path));
    },
  };
}

export function rollbackRoute(registry: ModelRegistry): Route {
  return {
    method: 'POST',
    path: '/v1/models/{alias}/rollback',
    api: {
      summary: 'Lets the model serve again that served before the present one.',
      body: { content: { 'application/json': { schema: nothingSchema } } },
      answers: { 200: jsonAnswer('The model that serves now.', { type: 'ModelStatus' }) },
    },
    async handle(request, response, alias: string) {
      parsed(nothingSchema, await readJson(request));
      sendJson(response, 200, await registry.rollback(alias, () => undefined, whileConnected(response)));
    },
  };
}

export function whileConnected(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client hung up')));
  return gone.signal;
}

const absolutePath = z.string().min(1).max(4096).refine(isAbsolute, 'must be an absolute path');
const role = z.enum(['champion', 'challenger']).default('champion');
const activateSchema = z.strictObject({ path: absolutePath, alias: z.string().optional(), role });
export const nothingSchema = z.strictObject({});
const retireSchema = z.strictObject({ path: absolutePath.optional(), role });

export function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`).join('; ');
  throw agentErrors.error('http.bad-request', `the body is not valid: ${problems}`);
}
