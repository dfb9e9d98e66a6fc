import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '#packages/foundation';
import { cloudOptions, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface OnboardOptions extends CloudCommandOptions {
  readonly template?: string;
  readonly roleAlias: string;
  readonly output?: string;
  readonly deviceFolder: string;
  readonly user: string;
  readonly accelerator?: string;
  readonly nucleus: string;
  readonly csr?: boolean;
  readonly pkcs11Library?: string;
  readonly pkcs11Slot: string;
  readonly pkcs11Label: string;
}

export const onboardCommand: CommandSpec<OnboardOptions> = {
  usage: 'onboard <class>',
  summary: 'write the files for the image of a device class, whose devices register themselves at their first boot',
  options: (command) =>
    cloudOptions(command)
      .option('--template <name>', 'provisioning template of infrastructure/onboarding.yaml (default: edgeml-<class>)')
      .option('--role-alias <name>', 'role alias of the devices', 'EdgeMLDevices')
      .option('--output <folder>', 'where the files go (default: .edgeml/classes/<class>)')
      .option('--device-folder <path>', 'Greengrass root on the device', '/greengrass/v2')
      .option('--user <user:group>', 'user that runs components on the device', 'ggc_user:ggc_group')
      .option('--accelerator <name>', 'platform attribute that picks a manifest, e.g. cuda or webgpu')
      .option('--nucleus <version>', 'version of the nucleus that will be installed', '2.14.0')
      .option('--csr', 'the device creates its own key and sends a certificate signing request')
      .option('--pkcs11-library <path>', 'keys are in a TPM or another token with this PKCS#11 library')
      .option('--pkcs11-slot <n>', 'slot of the token', '0')
      .option('--pkcs11-label <label>', 'label of its key', 'edgeml'),
  help: `
Writes config.template.yaml and first-boot.sh. Put both into the image, with the claim certificate, which all devices of the class share, and
the fleet provisioning plug-in of the nucleus. docs/fleet.md shows all steps. "provision" registers a single device.

Example:
  npm run -s edgeml -- onboard gateway --csr`,
  run: async ({ args: [deviceClass = ''], options, out, signal }) => {
    const { checkThingName } = await import('../cloud/provisioning/names.ts');
    const { claimConfiguration, firstBoot } = await import('../cloud/provisioning/claim-configuration.ts');
    const { iotEndpoint } = await import('../cloud/provisioning/iot-endpoint.ts');
    checkThingName(deviceClass);
    const folder = options.output ?? path.join('.edgeml/classes', deviceClass);
    const slot = Number(options.pkcs11Slot);
    if (!Number.isInteger(slot) || slot < 0)
      throw cliErrors.error('cli.usage', `--pkcs11-slot is ${options.pkcs11Slot}; give a whole number`);
    const { pkcs11Library: library, pkcs11Label: label } = options;
    await withCloud(options, async (clients) => {
      const facts = {
        deviceClass,
        template: options.template ?? `edgeml-${deviceClass}`,
        region: clients.region,
        roleAlias: options.roleAlias,
        dataEndpoint: await iotEndpoint(clients, 'iot:Data-ATS', signal),
        credentialEndpoint: await iotEndpoint(clients, 'iot:CredentialProvider', signal),
        deviceFolder: options.deviceFolder,
        user: options.user,
        nucleusVersion: options.nucleus,
        ...(options.accelerator === undefined ? {} : { accelerator: options.accelerator }),
        ...(options.csr ? { csr: true } : {}),
        ...(library === undefined ? {} : { pkcs11: { library, slot, label } }),
      };
      await mkdir(folder, { recursive: true });
      await writeAtomically(path.join(folder, 'config.template.yaml'), claimConfiguration(facts));
      await writeAtomically(path.join(folder, 'first-boot.sh'), firstBoot(facts), { mode: 0o755 });
    });
    out.json({ folder, files: ['config.template.yaml', 'first-boot.sh'] });
    if (!out.isJson)
      out.line(`${folder} holds config.template.yaml and first-boot.sh for the image of ${deviceClass}.`);
  },
};
