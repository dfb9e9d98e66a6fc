import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import type { CommandSpec } from './frame/command.ts';
import { outputFolder } from './provision.ts';

interface DeprovisionCommandOptions extends CloudCommandOptions {
  readonly policy?: string;
  readonly output?: string;
  readonly dryRun?: boolean;
}

export const deprovisionCommand: CommandSpec<DeprovisionCommandOptions> = {
  usage: 'deprovision <thing>',
  summary: 'remove a device from the fleet: certificate, policy, core device, thing and its files',
  options: (command) =>
    cloudOptions(command)
      .option('--policy <name>', "the device's own AWS IoT policy (default: EdgeML-<thing>)")
      .option('--output <folder>', "where provision put the device's files (default: .edgeml/devices/<thing>)")
      .option('--dry-run', 'print what would be removed; change nothing'),
  help: `
The certificate is removed first, so that the device cannot reconnect meanwhile. Its own policy is deleted, other
policies are only detached; role alias and groups are kept. Run it again after an interruption.

Example:
  npm run -s edgeml -- deprovision gateway-7`,
  run: async ({ args: [thingName = ''], options, out, signal }) => {
    const { deprovision } = await import('../cloud/provisioning/deprovision.ts');
    const { DeviceFolder } = await import('../cloud/provisioning/device-files.ts');
    const { checkThingName, policyNameOf } = await import('../cloud/provisioning/names.ts');
    checkThingName(thingName);
    await withCloud(options, async (clients) => {
      await deprovision(clients, {
        thingName,
        policyName: options.policy ?? policyNameOf(thingName),
        folder: new DeviceFolder(outputFolder(thingName, options.output)),
        signal,
        dryRun: options.dryRun === true,
        onRequest: (request) => {
          out.json(request);
          if (!out.isJson) out.line(JSON.stringify(request));
        },
      });
      if (options.dryRun) return;
      out.json({ thingName, removed: true });
      if (!out.isJson) out.line(`${thingName} is gone.`);
    });
  },
};
