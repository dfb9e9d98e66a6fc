import type {
  CreateLocalDeploymentRequest,
  FailureHandlingPolicy,
} from 'aws-iot-device-sdk-v2/dist/greengrasscoreipc/model.js';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectPaths } from '../../bundle/project.ts';
import { readUpdates, refuseUnknownSettings, settingsOptions } from '../deployment-settings.ts';
import type { SettingsOptions } from '../deployment-settings.ts';
import { cliErrors } from '../errors.ts';
import type { CommandSpec } from '../frame/command.ts';
import { rootOf, rootOption } from './core-root.ts';
import type { RootOption } from './core-root.ts';
import { deploymentStatus } from './deployments.ts';
import type { DeploymentReport } from './deployments.ts';
import { withNucleus } from './nucleus-client.ts';
import type { NucleusClient } from './nucleus-client.ts';

const POLL_MS = 300;

interface DeployOptions extends RootOption, SettingsOptions {
  readonly recipes?: string;
  readonly artifacts?: string;
  readonly remove?: readonly string[];
  readonly rollback: boolean;
  readonly timeout: string;
  readonly wait: boolean;
}

export const deployCommand: CommandSpec<DeployOptions> = {
  usage: 'deploy [components...]',
  summary: 'deploy components to the running core, as Name=1.0.0',
  options: (command) =>
    settingsOptions(rootOption(command))
      .option('--recipes <folder>', 'recipe folder (default: greengrass-build/recipes)')
      .option('--artifacts <folder>', 'artifact folder (default: greengrass-build/artifacts)')
      .option('--remove <name...>', 'components to remove')
      .option('--no-rollback', 'leave a failed deployment as it is')
      .option('--no-wait', 'return as soon as the deployment is accepted')
      .option('--timeout <seconds>', 'longest wait for the outcome', '600'),
  help: `
An unknown setting fails before anything is deployed, and the message suggests the name that was probably meant.
Examples:
  npm run -s edgeml -- local deploy edgeml.model.PartsDetector=1.0.1
  npm run -s edgeml -- local deploy --config '{"edgeml.InferenceApp": {"merge": {"TimeoutSeconds": 5}}}'`,
  run: async ({ args, options, out, signal }) => {
    const request = await requestOf(args, options);
    await withNucleus(rootOf(options), async (client) => {
      const created = await client.call('creating the deployment', client.sdk.createLocalDeployment(request));
      const deploymentId = created.deploymentId ?? '';
      const report: DeploymentReport = options.wait
        ? await outcome(client, deploymentId, seconds(options.timeout), signal, (status) =>
            out.progress(`Deployment ${deploymentId}: ${status} …`),
          )
        : { deploymentId, status: 'QUEUED' };
      out.json(report);
      if (!out.isJson) out.line(`Deployment ${deploymentId}: ${describe(report)}`);
      if (report.status === 'FAILED' || report.status === 'CANCELED')
        throw cliErrors.error('cli.deployment-failed', `deployment ${deploymentId} ${describe(report)}`, {
          facts: { ...report },
        });
    });
  },
};

async function requestOf(args: readonly string[], options: DeployOptions): Promise<CreateLocalDeploymentRequest> {
  if (args.length === 0 && !options.remove && options.config === undefined && options.document === undefined)
    throw cliErrors.error(
      'cli.usage',
      'nothing to deploy: name components as Name=1.0.0, or use --document, --remove or --config',
    );
  const { checkRequest } = await import('../../local-core/deployment/request.ts');
  const { readDeploymentDocument } = await import('../../local-core/deployment/read-document.ts');
  const document = options.document === undefined ? {} : await readDeploymentDocument(options.document);
  const updates = options.config === undefined ? {} : await readUpdates(options.config);
  const { componentToConfiguration: changes = {} } = checkRequest({
    componentToConfiguration: { ...document.componentToConfiguration, ...updates },
  });
  const versions = new Map([...Object.entries(document.rootComponentVersionsToAdd ?? {}), ...args.map(nameAndVersion)]);
  const merges = Object.entries(changes).map(([name, { MERGE }]) => [name, MERGE] as const);
  await refuseUnknownSettings(Object.fromEntries(merges), [...versions.keys()], options);
  const remove = options.remove ?? document.rootComponentsToRemove;
  return {
    recipeDirectoryPath: folderOf(options.recipes, document.recipeDirectoryPath, 'recipes'),
    artifactsDirectoryPath: folderOf(options.artifacts, document.artifactsDirectoryPath, 'artifacts'),
    rootComponentVersionsToAdd: versions,
    ...(remove ? { rootComponentsToRemove: [...remove] } : {}),
    ...(Object.keys(changes).length > 0 ? { componentToConfiguration: new Map(Object.entries(changes)) } : {}),
    failureHandlingPolicy: (options.rollback
      ? (document.failureHandlingPolicy ?? 'ROLLBACK')
      : 'DO_NOTHING') as FailureHandlingPolicy,
  };
}

function folderOf(option: string | undefined, inDocument: string | undefined, built: string): string {
  return path.resolve(option ?? inDocument ?? path.join(projectPaths.output, built));
}

function nameAndVersion(argument: string): [string, string] {
  const match = /^([\w.-]+)=(\S+)$/.exec(argument);
  if (!match) throw cliErrors.error('cli.usage', `"${argument}" is not of the form Name=1.0.0`);
  return [match[1] ?? '', match[2] ?? ''];
}

async function outcome(
  client: NucleusClient,
  deploymentId: string,
  timeoutMs: number,
  signal: AbortSignal,
  onStatus: (status: string) => void,
): Promise<DeploymentReport> {
  const end = performance.now() + timeoutMs;
  let shown = '';
  while (performance.now() < end) {
    const report = await deploymentStatus(client, deploymentId);
    if (['SUCCEEDED', 'FAILED', 'CANCELED'].includes(report.status)) return report;
    if (report.status !== shown) onStatus(report.status);
    shown = report.status;
    await pause(POLL_MS, undefined, { signal });
  }
  throw cliErrors.error('cli.timeout', `deployment ${deploymentId} is still ${shown} after ${timeoutMs / 1000} s`);
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw cliErrors.error('cli.usage', `--timeout is ${text}; give a number of seconds`);
  return value * 1000;
}

function describe({ status, detail, cause }: DeploymentReport): string {
  return `${status}${detail ? ` (${detail})` : ''}${cause === undefined ? '' : `: ${cause}`}`;
}
