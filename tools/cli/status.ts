import { systemClock } from '#packages/foundation';

import { cloudOptions, secondsOption, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { targetOf, targetOptions } from './cloud/target-options.ts';
import type { TargetOptions } from './cloud/target-options.ts';
import type { CommandSpec } from './frame/command.ts';

interface StatusOptions extends CloudCommandOptions, TargetOptions {
  readonly deployment?: string;
  readonly follow?: boolean;
  readonly timeout: string;
}

export const statusCommand: CommandSpec<StatusOptions> = {
  usage: 'status',
  summary: 'show the state of a deployment on each device, with the component that failed and the reason',
  options: (command) =>
    targetOptions(cloudOptions(command))
      .option('--deployment <id>', 'one deployment (default: the latest of --thing or --group)')
      .option('--follow', 'wait until every device is done')
      .option('--timeout <seconds>', 'longest wait with --follow', '3600'),
  help: `
Exit code 1 if a device failed, and with --follow also if one is not done in time. A queued device was not connected yet: it takes
the deployment when it reconnects. Of a group with more than 250 devices, only some are listed, failed ones first. All are counted if the
account has the fleet index (edgeml fleet-index).

Example:
  npm run -s edgeml -- status --group press-shop --follow`,
  run: async ({ options, out, signal }) => {
    const { currentDeployment, getDeployment } = await import('../cloud/deployments/current-deployment.ts');
    const { deploymentStatus, isFailure } = await import('../cloud/deployments/device-status.ts');
    const { cloudErrors } = await import('../cloud/errors.ts');
    const { countedLook } = await import('../cloud/deployments/counted-status.ts');
    const { followDeployment } = await import('../cloud/deployments/follow.ts');
    const { countsText, showStatus } = await import('./cloud/show-status.ts');
    const timeoutMs = secondsOption('--timeout', options.timeout);
    return withCloud(options, async (clients) => {
      const deployment =
        options.deployment === undefined
          ? await currentDeployment(clients, await targetOf(clients, options, signal), signal)
          : await getDeployment(clients, options.deployment, signal);
      if (!deployment) throw cloudErrors.error('deploy.no-deployment', 'the target has no deployment');
      const counted = await countedLook(clients, deployment, signal);
      const status = options.follow
        ? await followDeployment(clients, deployment.id, {
            clock: systemClock,
            signal,
            timeoutMs,
            ...(counted ? { look: counted } : {}),
            onStatus: (seen) => out.progress(countsText(seen)),
          })
        : await (counted?.(deployment) ?? deploymentStatus(clients, deployment, signal));
      showStatus(out, status);
      const isLate = options.follow === true && !status.isSettled;
      return isLate || status.devices.some(isFailure) ? 1 : 0;
    });
  },
};
