import { send } from './send.ts';
import type { Route } from './router.ts';

/** `GET /openapi.json`: the generated description of an API, OpenAPI 3.1. */
export function openApiRoute(document: object): Route {
  let text: string | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    api: {
      summary: 'Describes this API, in OpenAPI 3.1.',
      answers: { 200: { is: 'The description.', content: { 'application/json': 'text' } } },
    },
    handle: (_request, response) => send(response, 200, 'application/json', (text ??= JSON.stringify(document))),
  };
}
