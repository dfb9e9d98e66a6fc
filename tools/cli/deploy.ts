import type { CreateDeploymentCommandInput } from '@aws-sdk/client-greengrassv2';
import path from 'node:path';
import { exists, systemClock } from '#packages/foundation';
import { projectPaths } from '../bundle/project.ts';
import { cloudOptions, namedVersions, secondsOption, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { decideModels } from './cloud/model-policy.ts';
import { policiesOf, policyOptions } from './cloud/policy-options.ts';
import type { PolicyOptions } from './cloud/policy-options.ts';
import { targetNamed, targetOf, targetOptions } from './cloud/target-options.ts';
import type { TargetOptions } from './cloud/target-options.ts';
import { readUpdates, refuseUnknownSettings, settingsOptions } from './deployment-settings.ts';
import type { SettingsOptions } from './deployment-settings.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import type { DeploymentChange } from '../cloud/deployments/merge-deployment.ts';

interface DeployCommandOptions extends CloudCommandOptions, TargetOptions, PolicyOptions, SettingsOptions {
  readonly file?: string;
  readonly models?: string;
  readonly remove?: readonly string[];
  readonly name?: string;
  readonly force?: boolean;
  readonly nucleus: string;
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
}

export const deployCommand: CommandSpec<DeployCommandOptions> = {
  usage: 'deploy [components...]',
  summary: 'deploy published components, as Name=1.0.0, to a device or a group of devices',
  options: (command) =>
    policyOptions(
      settingsOptions(targetOptions(cloudOptions(command)))
        .option('--file <edgeml.yaml>', 'deploy the models of edgeml.yaml, and the collection with its settings')
        .option('--remove <name...>', 'components to remove from the target')
        .option('--name <text>', 'name of the deployment (default: as before)'),
    )
      .option(
        '--nucleus <name>',
        '"any": refuse a configuration that nucleus lite could not read; "java": for devices without it',
        'any',
      )
      .option(
        '--models <which>',
        '"trusted": the agent refuses unsigned or untested models; "any": it accepts them with a warning. Needed once',
      )
      .option('--force', 'deploy even if the target has the same deployment already')
      .option('--dry-run', 'read the current deployment and print the request; change nothing')
      .option('--wait', 'wait until all devices are done; fail if one fails')
      .option('--timeout <seconds>', 'longest wait with --wait', '3600'),
  help: `
The target's other components are kept: a deployment of Greengrass replaces the whole set, so the command reads the current deployment
and merges the change into it. It asks once which models the agent may take, unless --models says so. Policies are kept unless given.
If nothing would change, nothing is sent.

Examples:
  npm run -s edgeml -- deploy edgeml.model.PartsDetector=1.0.1 --group press-shop --dry-run
  npm run -s edgeml -- deploy --document deployment.yaml --thing gateway-7 --wait
  npm run -s edgeml -- deploy --file edgeml.yaml --thing gateway-7 --dry-run
  npm run -s edgeml -- deploy edgeml.InferenceApp=1.0.2 --group press-shop --rollout-rate 10:2:50 --abort FAILED:20:10`,
  run: async ({ args, options, out, signal }) => {
    targetNamed(options);
    if (!['any', 'java'].includes(options.nucleus))
      throw cliErrors.error('cli.usage', `--nucleus is "${options.nucleus}"; give any or java`);
    const change = await changeOf(args, options, out, signal);
    const timeoutMs = secondsOption('--timeout', options.timeout);
    const { planDeployment, sendDeployment } = await import('../cloud/deployments/deploy.ts');
    const { followDeployment } = await import('../cloud/deployments/follow.ts');
    const { requestView } = await import('../cloud/request-view.ts');
    const { requireSucceeded } = await import('./cloud/require-succeeded.ts');
    const { countsText, showStatus } = await import('./cloud/show-status.ts');
    return withCloud(options, async (clients) => {
      const target = await targetOf(clients, options, signal);
      const how = { signal, force: options.force === true };
      const asked = await planDeployment(clients, target, change, how);
      const decided = await decideModels(change, asked, options, out);
      const plan = decided === change ? asked : await planDeployment(clients, target, decided, how);
      if (plan.create && options.nucleus !== 'java') await requireFitsLite(plan.create.input.components ?? {});
      if (options.dryRun) {
        const request = plan.create && requestView('greengrassv2', plan.create);
        out.json(request ?? { unchanged: true, deploymentId: plan.current?.id });
        if (!out.isJson)
          out.line(request ? JSON.stringify(request, undefined, 2) : 'The target has all of it already.');
        return 0;
      }
      const deploymentId = await sendDeployment(clients, plan, signal);
      if (!options.wait) {
        out.json({ deploymentId, targetArn: target.arn, unchanged: plan.create === undefined });
        if (!out.isJson)
          out.line(
            plan.create ? `Deployment ${deploymentId} is under way.` : `Nothing to do: ${deploymentId} has all of it.`,
          );
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

async function changeOf(
  args: readonly string[],
  options: DeployCommandOptions,
  out: Output,
  signal: AbortSignal,
): Promise<DeploymentChange> {
  const { checkSpecification, readSpecification } = await import('../cloud/deployments/read-specification.ts');
  const document = options.document === undefined ? { components: {} } : await readSpecification(options.document);
  const project = options.file === undefined ? {} : await componentsOf(options.file, out, signal);
  const components: Record<string, unknown> = { ...document.components, ...project };
  for (const [name, componentVersion] of namedVersions(args)) components[name] = { componentVersion };
  const configuration = options.config === undefined ? {} : await readUpdates(options.config);
  for (const [name, configurationUpdate] of Object.entries(configuration)) {
    if (!(name in components))
      throw cliErrors.error(
        'cli.usage',
        `--config is for ${name}, which is not deployed; name it as ${name}=<version>`,
      );
    components[name] = { ...(components[name] as object), configurationUpdate };
  }
  if (Object.keys(components).length === 0 && !options.remove && Object.keys(policiesOf(options)).length === 0)
    throw cliErrors.error(
      'cli.usage',
      'nothing to deploy: name components as Name=1.0.0, or give --file, --document or --remove',
    );
  const named = options.name === undefined ? {} : { deploymentName: options.name };
  const whole = checkSpecification({ ...document, ...named, ...policiesOf(options), components }, 'the command line');
  const merges = Object.entries(whole.components).map(([name, { configurationUpdate }]) => [
    name,
    configurationUpdate?.merge,
  ]);
  await refuseUnknownSettings(Object.fromEntries(merges) as Record<string, unknown>, Object.keys(components), options);
  return { ...whole, ...(options.remove ? { remove: options.remove } : {}) };
}

/** Of edgeml.yaml, for a device: the models must have been published in the versions that it says. */
async function componentsOf(
  file: string,
  out: Output,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { readProjectFile } = await import('../project-file/read-project-file.ts');
  const { compileProject } = await import('../project-file/compile-project.ts');
  const { pathsOfThisMachine } = await import('../project-file/paths-of-this-machine.ts');
  const { modelsFolder } = await import('../project-file/work-folders.ts');
  const project = await readProjectFile(file);
  for (const note of pathsOfThisMachine(project)) out.note(`${out.paint('yellow', 'check')} ${note}`);
  const output = modelsFolder(project.path);
  const onProgress = (what: string): void => out.progress(what);
  const { components } = await compileProject(project, { target: 'device', output, signal, onProgress });
  return components;
}

/** As the target will have them: what it has already and what changes. @throws EdgeError `cli.too-large-for-lite` */
async function requireFitsLite(components: NonNullable<CreateDeploymentCommandInput['components']>): Promise<void> {
  const { tooLargeForLite } = await import('../lint/lite-configuration.ts');
  const { parseRecipeFile } = await import('../recipe/read-recipe.ts');
  for (const [name, { configurationUpdate }] of Object.entries(components)) {
    if (configurationUpdate?.merge === undefined) continue;
    const own = path.join(projectPaths.recipes, `${name}.yaml`);
    const { recipe } = (await exists(own)) ? await parseRecipeFile(own) : {};
    const tooLarge = tooLargeForLite(name, recipe?.defaultConfiguration, JSON.parse(configurationUpdate.merge));
    if (!tooLarge) continue;
    throw cliErrors.error('cli.too-large-for-lite', `${tooLarge.message} ${tooLarge.fix}`, {
      facts: { component: name },
    });
  }
}
