import path from 'node:path';
import process from 'node:process';
import { hostPlatform, RUNTIME_PLATFORMS } from '../../components/runtime/platforms.ts';
import type { RuntimePlatform } from '../../components/runtime/platforms.ts';
import { projectPaths } from '../bundle/project.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import { requireKeyId } from './frame/key-id.ts';
import { buildProgress } from './frame/build-progress.ts';

interface BuildCommandOptions {
  readonly component?: readonly string[];
  readonly platform?: readonly string[];
  readonly output?: string;
  readonly gdk?: string;
  readonly slim?: boolean;
  readonly forGglCli?: boolean;
  readonly standalone?: boolean;
  readonly edgeManagerName?: string;
  readonly edgeManagerVersion?: readonly string[];
  readonly key?: string;
  readonly kmsKey?: string;
  readonly keyId?: string;
  readonly region?: string;
}

export const buildCommand: CommandSpec<BuildCommandOptions> = {
  usage: 'build',
  summary: 'build the components into greengrass-build',
  options: (command) =>
    command
      .option(
        '--component <name...>',
        'build these only, e.g. edgeml.InferenceApp (default: all but edgeml.accelerator.*)',
      )
      .option('--platform <name...>', `runtimes to build: ${RUNTIME_PLATFORMS.join(', ')}, host (default: all)`)
      .option('--slim', 'smallest runtimes for Linux; needs --platform')
      .option('--output <folder>', 'where recipes/ and artifacts/ go (default: greengrass-build of the project)')
      .option('--for-ggl-cli', 'also write for-ggl-cli/ there: unpacked, for "ggl-cli deploy" of nucleus lite')
      .option('--standalone', 'also write standalone/ there: the agent for Linux without Greengrass')
      .option('--edge-manager-name <name>', 'also build edgeml.EdgeManager under this name, e.g. that of the old one')
      .option('--edge-manager-version <version...>', 'in these versions (default: that of its recipe)')
      .option('--key <file>', 'private key that signs the list of native files of the runtimes (edgeml keygen)')
      .option('--kms-key <arn>', 'id, ARN or alias of a key of AWS KMS, in place of --key')
      .option('--key-id <id>', 'name under which devices know the key (default: fingerprint of the public key)')
      .option('--region <name>', 'AWS region of the KMS key (default: of its ARN, else AWS_REGION)')
      .option('--gdk <name>', 'also write what "gdk component publish" reads, for this component'),
  help: `
Unchanged artifacts are not built again. Native libraries and Node.js come from npm packages whose hashes are
pinned in components/runtime/packages.json; they are fetched once and kept in .edgeml/cache.

Examples:
  npm run build                                          everything, for every platform
  npm run build -- --platform host                       everything, the runtime for this machine only
  npm run build -- --platform linux-arm64 --slim         for a small device
  npm run build -- --component edgeml.InferenceApp       one component
  npm run build -- --component edgeml.accelerator.WebGPU --platform linux-arm64
                                                         an accelerator; needs Python 3 with pip, and downloads its wheel
  npm run build -- --edge-manager-name aws.greengrass.SageMakerEdgeManager --edge-manager-version 1.1.0
                                                         also under the old name, for local deployments alone`,
  run: async ({ options, out, signal }) => {
    const { buildComponents } = await import('../bundle/build.ts');
    const platforms = options.platform?.map(platformNamed);
    if (options.edgeManagerVersion && options.edgeManagerName === undefined)
      throw cliErrors.error('cli.usage', '--edge-manager-version says in which versions; add --edge-manager-name');
    if (options.slim && !platforms?.every((platform) => platform.startsWith('linux-')))
      throw cliErrors.error('cli.usage', '--slim is for Linux; name its platforms, e.g. --platform linux-arm64');
    const { AwsClients } = await import('../package/source/aws-clients.ts');
    const { openSigner } = await import('../package/signing/open-signer.ts');
    if (options.keyId !== undefined) requireKeyId(options.keyId);
    const aws = new AwsClients(options.region);
    const signer = await openSigner(options, aws, signal);
    const steps = await buildComponents({
      ...(signer ? { signer } : {}),
      ...(options.component ? { components: options.component } : {}),
      ...(platforms ? { platforms } : {}),
      ...(options.slim ? { slim: true } : {}),
      ...(options.output === undefined ? {} : { output: options.output }),
      ...(options.gdk === undefined ? {} : { gdkFor: options.gdk }),
      signal,
      ...buildProgress(out),
    });
    const output = options.output ?? projectPaths.output;
    const { edgeManagerName: oldName, edgeManagerVersion = [] } = options;
    if (oldName !== undefined) {
      const { writeRenamedStandIn } = await import('./local/renamed-stand-in.ts');
      const versions = await writeRenamedStandIn(output, oldName, edgeManagerVersion);
      out.note(`edgeml.EdgeManager is there as ${oldName}, too, in ${versions.join(', ')}.`);
      if (/^(aws|greengrass)\./i.test(oldName))
        out.note(
          'An account does not take components of that name: deploy it with greengrass-cli or edgeml local deploy.',
        );
    }
    if (options.forGglCli) {
      const { writeForGglCli } = await import('./local/for-ggl-cli.ts');
      await writeForGglCli(output, path.join(output, 'for-ggl-cli'));
    }
    if (options.standalone) {
      const { writeStandalone } = await import('./local/standalone.ts');
      await writeStandalone(output, path.join(output, 'standalone'), platforms ?? RUNTIME_PLATFORMS);
    }
    for (const { component, version, artifact, done } of steps) {
      out.json({ component, version, artifact, ...done });
      if (!out.isJson)
        out.line(
          `${component.padEnd(28)} ${version.padEnd(8)} ${artifact.padEnd(34)} ${kilobytes(done?.bytes ?? 0)}${done?.built ? '' : '  unchanged'}`,
        );
    }
  },
};

function platformNamed(name: string): RuntimePlatform {
  const known = RUNTIME_PLATFORMS.find((platform) => platform === name);
  const platform = known ?? (name === 'host' ? hostPlatform(process.platform, process.arch) : undefined);
  if (platform) return platform;
  const message = `there is no runtime for "${name}"; there are ${RUNTIME_PLATFORMS.join(', ')}`;
  throw cliErrors.error('cli.usage', message);
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0).padStart(7)} kB`;
}
