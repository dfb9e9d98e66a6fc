import { MESSAGES_PATH, MESSAGES_PROTOCOL } from '#packages/http';
import type { Route } from '#packages/http';
import { upgradeRequired } from './message-door.ts';

/** Reached only by a client that asks on a connection that already speaks HTTP, or on the wrong socket: `messageDoor` takes the others. */
export const messagesRoute: Route = {
  method: 'GET',
  path: MESSAGES_PATH,
  api: {
    summary: `As the first request of a connection, with \`Upgrade: ${MESSAGES_PROTOCOL}\`: brings messages in place of HTTP from then on.`,
    answers: { 101: { is: 'Messages follow, see docs/reference/inference-messages.md.' } },
  },
  handle: () => {
    throw upgradeRequired();
  },
};
