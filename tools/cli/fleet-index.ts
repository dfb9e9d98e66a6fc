import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import type { CommandSpec } from './frame/command.ts';

interface FleetIndexOptions extends CloudCommandOptions {
  readonly enable?: boolean;
}

export const fleetIndexCommand: CommandSpec<FleetIndexOptions> = {
  usage: 'fleet-index',
  summary: 'turn on the fleet index of AWS IoT, which fleet, status and promote then query',
  options: (command) =>
    cloudOptions(command).option('--enable', 'change the configuration of the index (default: show the request)'),
  help: `
Adds the shadow "edgeml", the connections and three aggregation fields to the fleet index of the account. Everything else in the index is
kept. AWS IoT builds the index within minutes; docs/scale.md has its price.

Example:
  npm run -s edgeml -- fleet-index --enable`,
  run: async ({ options, out, signal }) => {
    const { enableIndex } = await import('../cloud/fleet/index/enable-index.ts');
    const dryRun = options.enable !== true;
    const { request } = await withCloud(options, (clients) => enableIndex(clients, { signal, dryRun }));
    out.json({ changed: request !== undefined && !dryRun, ...(request ? { request } : {}) });
    if (out.isJson) return;
    if (!request) out.line('The index has all that it needs.');
    else if (dryRun) out.line(`${request.operation} ${JSON.stringify(request.input, undefined, 2)}`);
    else out.line('AWS IoT builds the index; fleet, status and promote ask it from now on.');
  },
};
