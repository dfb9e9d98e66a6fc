import { readIncidentMessage } from '#packages/ipc';
import { brokerIncident } from '../health/broker-incident.ts';
import { componentHealth } from '../health/component-health.ts';
import { eventLine } from '../health/event-line.ts';
import { incidentLines, incidentMessageLines } from '../health/incident-lines.ts';
import type { CommandSpec } from '../frame/command.ts';
import type { Output } from '../frame/output.ts';
import { readResult, resultLine } from '../results/result-line.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { withNucleus } from './nucleus-client.ts';
import type { NucleusClient } from './nucleus-client.ts';
import { subscribeUntil } from './subscribe.ts';

export const tailCommand: CommandSpec<RootOption> = {
  usage: 'tail',
  summary: 'print current problems, then results and events as they happen, until Ctrl-C',
  options: rootOption,
  run: ({ options, out, signal }) =>
    withNucleus(rootOf(options), async (client) => {
      const shownLines = (topic: string, message: unknown): readonly string[] => {
        const result = readResult(message);
        if (result) return [resultLine(result, out)];
        const incident = readIncidentMessage(message);
        return incident ? incidentMessageLines(incident, out) : [eventLine(topic, message, out)];
      };
      await subscribeUntil(
        client,
        ['edgeml/results/#', 'edgeml/events'],
        ({ topic, message }) => {
          out.json({ topic, message });
          if (!out.isJson) for (const line of shownLines(topic, message)) out.line(line);
        },
        signal,
        () => {
          out.note('Waiting for results and events …');
          // Only after subscribing, so that nothing that happens in between is missed.
          void showCurrent(client, rootOf(options), out).catch(() => undefined);
        },
      );
    }),
};

async function showCurrent(client: NucleusClient, root: string, out: Output): Promise<void> {
  const { components = [] } = await client.call('listing components', client.sdk.listComponents({}));
  const broker = await brokerIncident(root);
  const found = broker ? [{ component: 'broker', incident: broker }] : [];
  for (const { componentName: component, ...details } of components) {
    const health = String(details.state) === 'RUNNING' ? await componentHealth(root, component) : undefined;
    found.push(...(health?.incidents ?? []).map((incident) => ({ component, incident })));
  }
  for (const { component, incident } of found) {
    out.json({ topic: 'edgeml/events', message: { event: 'incident.current', component, incident } });
    if (!out.isJson) for (const line of incidentLines(component, incident, out)) out.line(line);
  }
}
