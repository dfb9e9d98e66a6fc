import { wireErrorOf } from '#packages/foundation';
import type { ConfigurationReport } from '#packages/foundation';
import { jsonAnswer, readBody, sendJson } from '#packages/http';
import type { ConfigurationAnswer, Route } from '#packages/http';
import { COMPONENT } from '../config.ts';
import type { PeerLink } from '../device/peer-link.ts';
import { consoleErrors } from '../errors.ts';
import { SETTINGS } from '../guard/request-guard.ts';
import type { ApiPorts } from './api-ports.ts';
import { JSON_TYPE, tooLarge, written } from './write-routes.ts';

const MAX_CHANGE_BYTES = 256_000;
const PATH = '/v1/configuration';

/** The settings of every component, for those who have the token, and changes to those of others: its own would let the page open itself to the network. */
export function configurationRoutes(ports: ApiPorts): readonly Route[] {
  const { device, mayConfigure, own } = ports;
  const links: readonly PeerLink[] = [device.app, device.agentSettings, device.feedback];
  return [
    {
      method: 'GET',
      path: SETTINGS,
      api: {
        summary: 'Tells the configuration of every component, secrets masked. Needs the token.',
        answers: { 200: jsonAnswer('One element for each component.', { listOf: 'ConfigurationAnswer' }) },
      },
      async handle(_request, response) {
        const reports = await Promise.all([
          ...links.map((link) => answerOf(link.component, () => link.json<ConfigurationReport>(PATH), mayConfigure())),
          answerOf(COMPONENT, () => own.report(), false),
        ]);
        sendJson(response, 200, reports);
      },
    },
    {
      method: 'POST',
      path: `${SETTINGS}/{component}`,
      api: {
        summary: 'Changes the configuration of a component. Needs the token, and AllowConfiguration.',
        body: { content: { 'application/json': { type: 'ConfigurationChange' } } },
        answers: { 200: jsonAnswer('The configuration as it is then.', { type: 'ConfigurationReport' }) },
      },
      handle: (request, response, component: string) =>
        written(ports, request, response, 'wrote', async () => {
          const body = await readBody(request, MAX_CHANGE_BYTES, () => tooLarge(MAX_CHANGE_BYTES));
          const link = links.find((known) => known.component === component);
          if (link && mayConfigure()) return link.json(PATH, { method: 'POST', body, headers: JSON_TYPE });
          const message = `the settings of ${component} cannot be changed on this page`;
          throw consoleErrors.error('console.configuration-closed', message, { facts: { component } });
        }),
    },
  ];
}

async function answerOf(
  component: string,
  ask: () => Promise<ConfigurationReport>,
  mayChange: boolean,
): Promise<ConfigurationAnswer> {
  try {
    return { component, mayChange, report: await ask() };
  } catch (thrown) {
    return { component, mayChange: false, error: wireErrorOf(thrown) };
  }
}
