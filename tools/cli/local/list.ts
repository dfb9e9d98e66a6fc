import type { Incident } from '#packages/foundation';
import type { ComponentHealth } from '#packages/http';
import { brokerIncident } from '../health/broker-incident.ts';
import { componentHealth } from '../health/component-health.ts';
import { healthCell, incidentLines } from '../health/incident-lines.ts';
import type { CommandSpec } from '../frame/command.ts';
import type { Output } from '../frame/output.ts';
import { table } from '../frame/table.ts';
import { lastLogLines, logFileOf } from './component-log.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { lastDeployment } from './deployments.ts';
import type { DeploymentReport } from './deployments.ts';
import { withNucleus } from './nucleus-client.ts';

/** Lines of a failed component's log that explain why. */
const REASON_LINES = 3;

interface ListedComponent {
  readonly componentName: string;
  readonly version: string;
  readonly state: string;
  /** Of components that can be asked. */
  readonly health?: ComponentHealth;
  /** The last lines of one that failed. */
  readonly log?: readonly string[];
}

interface Listing {
  readonly components: readonly ListedComponent[];
  readonly deployment?: DeploymentReport;
  /** The broker of a local core cannot be reached. */
  readonly broker?: Incident;
}

export const listCommand: CommandSpec<RootOption> = {
  usage: 'list',
  summary: 'list the components with their states, their health, and the reason for each problem',
  options: rootOption,
  help: `
HEALTH is the worst current problem of a component. All problems are listed below the table, with what to do.
GET /healthz on the component's socket has the same; the local topic edgeml/events reports them as they happen.`,
  run: ({ options, out }) =>
    withNucleus(rootOf(options), async (client) => {
      const root = rootOf(options);
      const { components = [] } = await client.call('listing components', client.sdk.listComponents({}));
      const deployment = await lastDeployment(client);
      const broker = await brokerIncident(root);
      const listing: Listing = {
        components: await Promise.all(
          components.map(({ componentName, version, ...details }) =>
            listed(root, { componentName, version, state: String(details.state) }),
          ),
        ),
        ...(deployment ? { deployment } : {}),
        ...(broker ? { broker } : {}),
      };
      out.json(listing);
      if (!out.isJson) show(listing, root, out);
    }),
};

async function listed(root: string, component: Omit<ListedComponent, 'health' | 'log'>): Promise<ListedComponent> {
  const { componentName: name, state } = component;
  const hasFailed = state === 'ERRORED' || state === 'BROKEN';
  const health = state === 'RUNNING' ? await componentHealth(root, name) : undefined;
  const log = hasFailed ? await lastLogLines(root, name, REASON_LINES) : undefined;
  return { ...component, ...(health ? { health } : {}), ...(log ? { log } : {}) };
}

function show({ components, deployment, broker }: Listing, root: string, out: Output): void {
  const rows = components.map(({ componentName, version, state, health }) => [
    componentName,
    version,
    state,
    health ? healthCell(health) : '-',
  ]);
  for (const line of table(['COMPONENT', 'VERSION', 'STATE', 'HEALTH'], rows)) out.line(line);
  const incidents = [
    ...(broker ? [['broker', broker] as const] : []),
    ...components.flatMap(({ componentName, health }) =>
      (health?.incidents ?? []).map((incident) => [componentName, incident] as const),
    ),
  ];
  if (incidents.length > 0) out.line();
  for (const [name, incident] of incidents) for (const line of incidentLines(name, incident, out)) out.line(line);
  for (const { componentName, log } of components) {
    if (!log) continue;
    out.line(`\n${componentName} wrote last (${logFileOf(root, componentName)}):`);
    for (const line of log) out.line(`  ${line}`);
  }
  if (deployment?.cause === undefined) return;
  const detail = deployment.detail ? ` (${deployment.detail})` : '';
  out.line(`\nLast deployment ${deployment.status}${detail}: ${deployment.cause}`);
}
