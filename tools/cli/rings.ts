import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import type { CommandSpec } from './frame/command.ts';

interface RingsOptions extends CloudCommandOptions {
  readonly group: string;
  readonly dryRun?: boolean;
}

export const ringsCommand: CommandSpec<RingsOptions> = {
  usage: 'rings <ring...>',
  summary: 'divide the devices of a group into rings, the thing groups of a promotion',
  options: (command) =>
    cloudOptions(command)
      .requiredOption('--group <name>', 'thing group with all the devices')
      .option('--dry-run', 'show which devices would join and leave each ring; change nothing'),
  help: `
A ring is name=5% (of all devices), name=device,device, name=*part of the device's name* or name=@attribute:value of its thing. Each device is in at most one ring, the
first that matches. The same percentage selects the same devices each time. Missing groups are created.

Example:
  npm run -s edgeml -- rings canary=gateway-1,gateway-2 wave-1=*hall-1* wave-2=100% --group factory --dry-run`,
  run: async ({ args, options, out, signal }) => {
    const { applyRings } = await import('../cloud/fleet/apply-rings.ts');
    const { thingsWithAttributes } = await import('../cloud/fleet/things-with-attributes.ts');
    const { assignRings, parseRing } = await import('../cloud/fleet/rings.ts');
    const { membersOf } = await import('../cloud/fleet/fleet-devices.ts');
    const rings = args.map(parseRing);
    await withCloud(options, async (clients) => {
      const things = await membersOf(clients, { name: options.group }, signal);
      const withAttribute = await thingsWithAttributes(clients, rings, signal);
      const changes = await applyRings(clients, assignRings(things, rings, withAttribute), {
        signal,
        dryRun: options.dryRun === true,
      });
      for (const change of changes) {
        out.json(change);
        if (out.isJson) continue;
        const { group, members, added, removed, created } = change;
        out.line(
          `${group.padEnd(24)} ${members} devices, ${added.length} joined, ${removed.length} left${created ? ', new' : ''}`,
        );
      }
    });
  },
};
