import { wireErrorOf } from '#packages/foundation';
import { jsonAnswer, sendJson } from '#packages/http';
import type { ActivateProgress, Route } from '#packages/http';
import type { Challengers } from '../challenger/challengers.ts';
import { readJson } from './body.ts';
import { nothingSchema, parsed, whileConnected } from './model-routes.ts';

/** How the challengers do, for anybody. */
export function challengerReportRoute(challengers: Pick<Challengers, 'list'>): Route {
  return {
    method: 'GET',
    path: '/v1/challengers',
    api: {
      summary: 'Compares models that run beside those that serve with them.',
      answers: { 200: jsonAnswer('One element for each alias with a challenger.', { listOf: 'ChallengerReport' }) },
    },
    handle: (_request, response) => sendJson(response, 200, challengers.list()),
  };
}

/** Routes that change challengers. They are activated and retired as any model, with the role `challenger`. */
export function challengerChangingRoutes(
  challengers: Pick<Challengers, 'list' | 'promote' | 'stop'>,
): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/models/{alias}/challenger/promote',
      api: {
        summary: 'Lets the challenger of an alias serve it, after the same tests as any activation.',
        body: { content: { 'application/json': { schema: nothingSchema } } },
        answers: {
          200: {
            is: 'One line for each step; the phase of the last line is `done` or `failed`.',
            content: { 'application/x-ndjson': { type: 'ActivateProgress' } },
          },
        },
      },
      async handle(request, response, alias: string) {
        parsed(nothingSchema, await readJson(request));
        const signal = whileConnected(response);
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        const write = (step: ActivateProgress): void => void response.write(`${JSON.stringify(step)}\n`);
        try {
          write(await challengers.promote(alias, write, signal));
        } catch (thrown) {
          write({ phase: 'failed', error: wireErrorOf(thrown) });
        }
        response.end();
      },
    },
    {
      method: 'POST',
      path: '/v1/models/{alias}/challenger/stop',
      api: {
        summary: 'Ends the challenger of an alias and forgets it.',
        body: { content: { 'application/json': { schema: nothingSchema } } },
        answers: { 200: jsonAnswer('The challengers that are left.', { listOf: 'ChallengerReport' }) },
      },
      async handle(request, response, alias: string) {
        parsed(nothingSchema, await readJson(request));
        await challengers.stop(alias);
        sendJson(response, 200, challengers.list());
      },
    },
  ];
}
