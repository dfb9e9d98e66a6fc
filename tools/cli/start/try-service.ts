import path from 'node:path';
import { silentLogger } from '#packages/foundation';
import { createAgentClient, createRouter, readBody, sendJson, startSocketServer } from '#packages/http';
import type { RouteErrors } from '#packages/http';
import { cliErrors } from '../errors.ts';
import { DroppedModels } from '../try/dropped-models.ts';

export interface TryService {
  readonly socket: string;
  close(): Promise<void>;
}

const MAX_PICTURE_BYTES = 32_000_000;
const MAX_LABELS_BYTES = 1_000_000;

/** Serves the console of a start with what `edgeml try` does, for models that somebody drops on the page. @throws EdgeError `socket.*` */
export async function startTryService(root: string, signal: AbortSignal): Promise<TryService> {
  const agent = createAgentClient({ socketPath: path.join(root, 'work/edgeml.InferenceAgent/agent.sock') });
  const models = await DroppedModels.open({ folder: path.join(root, 'tries'), agent, signal });
  const socket = path.join(root, 'try.sock');
  const router = createRouter(
    [
      {
        method: 'POST',
        path: '/v1/tries/{name}',
        handle: async (request, response, name: string) => sendJson(response, 200, await models.add(name, request)),
      },
      {
        method: 'POST',
        path: '/v1/tries/{id}/labels',
        handle: async (request, response, id: string) => {
          const body = await readBody(request, MAX_LABELS_BYTES, () => tooLarge(MAX_LABELS_BYTES));
          sendJson(response, 200, await models.label(id, body.toString('utf8')));
        },
      },
      {
        method: 'POST',
        path: '/v1/tries/{id}/answer',
        handle: async (request, response, id: string) => {
          const body = await readBody(request, MAX_PICTURE_BYTES, () => tooLarge(MAX_PICTURE_BYTES));
          sendJson(response, 200, await models.answer(id, body));
        },
      },
      {
        method: 'POST',
        path: '/v1/tries/{id}/serve',
        handle: async (_request, response, id: string) => sendJson(response, 200, await models.serve(id)),
      },
    ],
    { errors: ROUTE_ERRORS, log: silentLogger },
  );
  const server = await startSocketServer(socket, router, { mode: 0o600 });
  return {
    socket,
    close: async () => {
      await server.close(0);
      agent.close();
    },
  };
}

function tooLarge(maxBytes: number): Error {
  return cliErrors.error('cli.usage', `the file has more than ${maxBytes / 1_000_000} MB`);
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message) => cliErrors.error('cli.usage', message),
  methodNotAllowed: (message) => cliErrors.error('cli.usage', message),
  badPath: (message) => cliErrors.error('cli.usage', message),
};
