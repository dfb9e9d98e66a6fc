import path from 'node:path';
import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import type { CommandSpec } from './frame/command.ts';

interface ProvisionCommandOptions extends CloudCommandOptions {
  readonly group?: string;
  readonly roleArn: string;
  readonly roleAlias: string;
  readonly policy?: string;
  readonly output?: string;
  readonly deviceFolder: string;
  readonly user: string;
  readonly accelerator?: string;
  readonly nucleus: string;
  readonly dryRun?: boolean;
}

export const provisionCommand: CommandSpec<ProvisionCommandOptions> = {
  usage: 'provision <thing>',
  summary: 'register a device: thing, certificate, policy, role alias, group, and the files for its nucleus',
  options: (command) =>
    cloudOptions(command)
      .requiredOption('--role-arn <arn>', 'role that the device assumes; infrastructure/fleet.yaml creates it')
      .option('--group <name>', 'thing group of the device; created if it does not exist')
      .option('--role-alias <name>', 'role alias over that role', 'EdgeMLDevices')
      .option('--policy <name>', "the device's own AWS IoT policy (default: EdgeML-<thing>)")
      .option('--output <folder>', "where the device's files go (default: .edgeml/devices/<thing>)")
      .option('--device-folder <path>', 'where the files will be on the device: its Greengrass root', '/greengrass/v2')
      .option('--user <user:group>', 'user that runs components on the device', 'ggc_user:ggc_group')
      .option('--accelerator <name>', 'platform attribute that picks a manifest, e.g. cuda or webgpu')
      .option('--nucleus <version>', 'version of the nucleus that will be installed', '2.14.0')
      .option('--dry-run', 'print what would be created; change nothing'),
  help: `
Existing resources are kept: run it again after an interruption, or for a device that is already registered. AWS returns the private
key only once; it is stored in --output, readable by you alone. Copy the folder to the device, add AmazonRootCA1.pem, and
install the nucleus with --init-config config.yaml.

Example:
  npm run -s edgeml -- provision gateway-7 --group press-shop --role-arn arn:aws:iam::123456789012:role/edgeml-device`,
  run: async ({ args: [thingName = ''], options, out, signal }) => {
    const { provision } = await import('../cloud/provisioning/provision.ts');
    const { DeviceFolder } = await import('../cloud/provisioning/device-files.ts');
    const { checkThingName, checkRoleArn, policyNameOf } = await import('../cloud/provisioning/names.ts');
    checkThingName(thingName);
    checkRoleArn(options.roleArn);
    await withCloud(options, async (clients) => {
      const { roleArn, roleAlias, deviceFolder, user } = options;
      const done = await provision(clients, {
        thingName,
        ...(options.group === undefined ? {} : { group: options.group }),
        ...(options.accelerator === undefined ? {} : { accelerator: options.accelerator }),
        policyName: options.policy ?? policyNameOf(thingName),
        roleAlias,
        roleArn,
        deviceFolder,
        user,
        nucleusVersion: options.nucleus,
        folder: new DeviceFolder(outputFolder(thingName, options.output)),
        signal,
        dryRun: options.dryRun === true,
        onRequest: (request) => {
          out.json(request);
          if (!out.isJson) out.line(JSON.stringify(request));
        },
      });
      if (options.dryRun) return;
      out.json(done);
      if (out.isJson) return;
      out.line(`${thingName}: ${done.made.length > 0 ? `made ${done.made.join(', ')}` : 'all was there'}`);
      out.line(`Its files are in ${done.folder}.`);
    });
  },
};

export function outputFolder(thingName: string, output: string | undefined): string {
  return output ?? path.join('.edgeml/devices', thingName);
}
