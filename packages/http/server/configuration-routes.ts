import { foundationErrors } from '#packages/foundation';
import type { EditableConfiguration } from '#packages/foundation';
import type { ConfigurationChange } from '../api/configuration-api.ts';
import { readBody } from './read-body.ts';
import { jsonAnswer } from './route-description.ts';
import type { Route } from './router.ts';
import { sendJson } from './send.ts';

const MAX_BODY_BYTES = 256_000;

/**
 * Routes with which the console shows and changes the configuration of a component. They belong on a socket that only the user of the
 * components can open: the path of a camera's stream, and with it what the component runs, is among the settings.
 */
export function configurationRoutes(configuration: EditableConfiguration): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/configuration',
      api: {
        summary: 'Tells the configuration, its schema, and why it is not valid. Secrets are masked.',
        answers: { 200: jsonAnswer('The configuration.', { type: 'ConfigurationReport' }) },
      },
      handle: async (_request, response) => sendJson(response, 200, await configuration.report()),
    },
    {
      method: 'POST',
      path: '/v1/configuration',
      api: {
        summary: 'Merges a change into the configuration, all of it or nothing; null takes a value away.',
        body: { content: { 'application/json': { type: 'ConfigurationChange' } } },
        answers: { 200: jsonAnswer('The configuration as it is then.', { type: 'ConfigurationReport' }) },
      },
      handle: async (request, response) => {
        const body = await readBody(request, MAX_BODY_BYTES, () => bad(`more than ${MAX_BODY_BYTES} bytes`));
        sendJson(response, 200, await configuration.change(changeIn(body.toString('utf8'))));
      },
    },
  ];
}

function changeIn(text: string): unknown {
  try {
    return (JSON.parse(text) as Partial<ConfigurationChange> | null)?.merge;
  } catch {
    throw bad('no JSON');
  }
}

function bad(what: string): Error {
  const problems = [{ pointer: '/', message: `the body is ${what}; send {"merge": {…}} with the settings to change` }];
  return foundationErrors.error('config.invalid', `the change cannot be read: the body is ${what}`, {
    facts: { component: '', problems },
  });
}
