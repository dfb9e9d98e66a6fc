import type { CommandSpec } from '../frame/command.ts';
import { table } from '../frame/table.ts';
import { lastLogLines, logFileOf } from './component-log.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { lastDeployment } from './deployments.ts';
import { withNucleus } from './nucleus-client.ts';

const REASON_LINES = 3;

export const listCommand: CommandSpec<RootOption> = {
  usage: 'list',
  summary: 'list the components, their states, and why one is not running',
  options: rootOption,
  run: ({ options, out }) =>
    withNucleus(rootOf(options), async (client) => {
      const root = rootOf(options);
      const { components = [] } = await client.call('listing components', client.sdk.listComponents({}));
      const deployment = await lastDeployment(client);
      const rows = await Promise.all(
        components.map(async ({ componentName, version, ...details }) => {
          const state = String(details.state);
          const failed = state === 'ERRORED' || state === 'BROKEN';
          const log = failed ? await lastLogLines(root, componentName, REASON_LINES) : [];
          return { componentName, version, state, ...(failed ? { log } : {}) };
        }),
      );
      out.json({ components: rows, ...(deployment ? { deployment } : {}) });
      if (out.isJson) return;
      for (const line of table(
        ['COMPONENT', 'VERSION', 'STATE'],
        rows.map(({ componentName, version, state }) => [componentName, version, state]),
      ))
        out.line(line);
      for (const { componentName, log } of rows) {
        if (!log) continue;
        out.line(`\n${componentName} wrote last (${logFileOf(root, componentName)}):`);
        for (const line of log) out.line(`  ${line}`);
      }
      if (deployment?.cause !== undefined)
        out.line(
          `\nLast deployment ${deployment.status}${deployment.detail ? ` (${deployment.detail})` : ''}: ${deployment.cause}`,
        );
    }),
};
