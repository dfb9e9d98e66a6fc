import { systemClock } from '#packages/foundation';

import { cloudOptions, secondsOption, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { targetNamed, targetOf, targetOptions } from './cloud/target-options.ts';
import type { TargetOptions } from './cloud/target-options.ts';
import type { CommandSpec } from './frame/command.ts';

interface RollbackOptions extends CloudCommandOptions, TargetOptions {
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

export const rollbackCommand: CommandSpec<RollbackOptions> = {
  usage: 'rollback',
  summary: 'redeploy the previous deployment of a target',
  options: (command) =>
    targetOptions(cloudOptions(command))
      .option('--to <id>', 'the deployment to return to (default: the latest earlier one with other components)')
      .option('--dry-run', 'print the request; change nothing')
      .option('--wait', 'wait until all devices are done; fail if one fails')
      .option('--timeout <seconds>', 'longest wait with --wait', '3600'),
  help: `
Creates a deployment with the components, configuration updates and policies of the earlier one. A second rollback goes
further back. Configuration that a later deployment merged stays on a device unless the earlier one sets or resets it.

Example:
  npm run -s edgeml -- rollback --group press-shop --wait`,
  run: async ({ options, out, signal }) => {
    targetNamed(options);
    const { sendDeployment } = await import('../cloud/deployments/deploy.ts');
    const { followDeployment } = await import('../cloud/deployments/follow.ts');
    const { planRollback } = await import('../cloud/deployments/rollback.ts');
    const { requestView } = await import('../cloud/request-view.ts');
    const { requireSucceeded } = await import('./cloud/require-succeeded.ts');
    const { countsText, showStatus } = await import('./cloud/show-status.ts');
    const timeoutMs = secondsOption('--timeout', options.timeout);
    return withCloud(options, async (clients) => {
      const target = await targetOf(clients, options, signal);
      const to = options.to === undefined ? {} : { to: options.to };
      const plan = await planRollback(clients, target, { ...to, signal });
      if (options.dryRun) {
        const request = plan.create && requestView('greengrassv2', plan.create);
        out.json(request);
        if (!out.isJson) out.line(JSON.stringify(request, undefined, 2));
        return 0;
      }
      const deploymentId = await sendDeployment(clients, plan, signal);
      if (!options.wait) {
        out.json({ deploymentId, restores: plan.restores.id });
        if (!out.isJson) out.line(`Deployment ${deploymentId} restores ${plan.restores.id}.`);
        return 0;
      }
      const status = await followDeployment(clients, deploymentId, {
        clock: systemClock,
        signal,
        timeoutMs,
        onStatus: (seen) => out.progress(countsText(seen)),
      });
      showStatus(out, status);
      requireSucceeded(status);
      return 0;
    });
  },
};
