import { systemClock } from '#packages/foundation';

import { projectPaths } from '../bundle/project.ts';
import { cloudOptions, secondsOption, withCloud } from './cloud/cloud-options.ts';
import type { CloudCommandOptions } from './cloud/cloud-options.ts';
import { attestOptions, openAttest } from './cloud/attest-options.ts';
import type { AttestOptions } from './cloud/attest-options.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';

interface PublishCommandOptions extends CloudCommandOptions, AttestOptions {
  readonly bucket?: string;
  readonly prefix: string;
  readonly build?: string;
  readonly component?: readonly string[];
  readonly dryRun?: boolean;
  readonly timeout: string;
}

export const publishCommand: CommandSpec<PublishCommandOptions> = {
  usage: 'publish',
  summary: 'publish built components to AWS IoT Greengrass, dependencies first',
  options: (command) =>
    attestOptions(cloudOptions(command))
      .option('--bucket <name>', 'bucket for the artifacts, in the same region; required')
      .option('--prefix <path>', 'folder in the bucket', '')
      .option('--build <folder>', 'build folder, with recipes/ and artifacts/ (default: greengrass-build)')
      .option('--component <name...>', 'publish these only (default: all in the folder)')
      .option('--dry-run', 'print what would be sent, one request per line, and send nothing')
      .option('--timeout <seconds>', 'longest wait for one component to become deployable', '300'),
  help: `
Versions are immutable. A version that is already published with the same content is skipped, so only changes are sent. A version
whose content differs is refused, and both digests are shown: raise its ComponentVersion. An interrupted publish continues where it stopped.

--attest puts <artifact>.intoto.jsonl beside each artifact: in-toto statements with the provenance (SLSA) and the SBOM (CycloneDX), each in a
signed envelope (DSSE). edgeml verify --attestation reads them.

Examples:
  npm run build
  npm run -s edgeml -- publish --bucket edgeml-components --attest --key keys/factory-2026.key --key-id factory-2026
  npm run -s edgeml -- publish --bucket edgeml-components --dry-run
  npm run -s edgeml -- publish --bucket edgeml-components --component edgeml.model.PartsDetector`,
  run: async ({ options, out, signal }) => {
    if (options.bucket === undefined) throw cliErrors.error('cli.usage', '--bucket is missing: where do artifacts go?');
    const { readBuildFolder } = await import('../cloud/publishing/build-folder.ts');
    const { inDependencyOrder } = await import('../cloud/publishing/dependency-order.ts');
    const { planComponent, planRequests } = await import('../cloud/publishing/publish-plan.ts');
    const target = { bucket: options.bucket, prefix: folderPrefix(options.prefix) };
    const build = options.build ?? projectPaths.output;
    const built = await readBuildFolder(build, options.component);
    const plans = inDependencyOrder(built).map((component) => planComponent(component, target));
    if (options.dryRun) {
      for (const request of plans.flatMap(planRequests)) {
        out.json(request);
        if (!out.isJson) out.line(JSON.stringify(request));
      }
      return;
    }
    const { publish } = await import('../cloud/publishing/publish.ts');
    const { attestationKey, putAttestation } = await import('../cloud/publishing/put-attestation.ts');
    const attesting = await openAttest(options, build, signal);
    const timeoutMs = secondsOption('--timeout', options.timeout);
    await withCloud(options, async (clients) => {
      const onProgress = (text: string): void => out.progress(text);
      for await (const done of publish(clients, plans, { clock: systemClock, signal, timeoutMs, onProgress })) {
        out.json(done);
        if (!out.isJson)
          out.line(`${done.component.padEnd(28)} ${done.version.padEnd(8)} ${done.outcome.padEnd(9)}  ${done.arn}`);
        const { component, uploads } = plans.find((plan) => plan.component.name === done.component) ?? { uploads: [] };
        for (const one of attesting && component ? uploads : []) {
          const text = await attesting!.attest(one, component!);
          const place = `s3://${one.input.Bucket}/${attestationKey(one)}`;
          if (await putAttestation(clients, one, text, signal)) out.note(`attested in ${place}`);
          else
            out.note(
              `${one.artifact.fileName} was published with other bytes before: it is not attested from this build`,
            );
        }
      }
    }).finally(() => attesting?.close());
  },
};

function folderPrefix(text: string): string {
  const trimmed = text.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `${trimmed}/`;
}
