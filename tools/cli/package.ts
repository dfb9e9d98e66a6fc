import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isEdgeError } from '#packages/foundation';
import { projectPaths } from '../bundle/project.ts';
import type { PackageOutcome } from '../package/package-model.ts';
import type { PackageOptions } from '../package/package-options.ts';
import type { DownloadSize } from '../package/output/download-size.ts';
import type { AwsClients } from '../package/source/aws-clients.ts';
import type { BesideFiles } from '../package/source/beside.ts';
import type { FindOptions } from '../package/source/find-source.ts';
import type { FoundSource } from '../package/source/source.ts';
import type { FoundModel } from '../project-file/package-models.ts';
import { cliErrors } from './errors.ts';
import type { CommandSpec, Invocation } from './frame/command.ts';
import type { Output } from './frame/output.ts';
import { claimOptions, claimsOf } from './frame/signed-claims.ts';
import type { ClaimOptions } from './frame/signed-claims.ts';
import { table } from './frame/table.ts';

interface PackageCommandOptions extends ClaimOptions {
  readonly source?: string;
  readonly file?: string;
  readonly sha256?: string;
  readonly name?: string;
  readonly version?: string;
  readonly manifest?: string;
  readonly labels?: string;
  readonly golden?: readonly string[];
  readonly goldenSeen?: boolean;
  readonly beside?: string;
  readonly baseline?: string;
  readonly gallery?: string;
  readonly int8?: string;
  readonly assume?: boolean;
  readonly component?: string;
  readonly challenger?: boolean;
  readonly publisher: string;
  readonly read: string;
  readonly output?: string;
  readonly key?: string;
  readonly kmsKey?: string;
  readonly keyId?: string;
  readonly encrypt?: readonly string[];
  readonly region?: string;
  readonly maxMb: string;
  readonly replace?: boolean;
  readonly rebuild?: boolean;
  readonly dryRun?: boolean;
}

const MB = 2 ** 20;
/** Pictures of what golden images record, below the output folder; no part of a package. */
const GOLDEN_FOLDER = 'packages/golden-pictures';

export const packageCommand: CommandSpec<PackageCommandOptions> = {
  usage: 'package',
  summary: 'make a model package and its component from a trained model',
  options: (command) =>
    claimOptions(command)
      .option(
        '--source <what>',
        '.onnx, folder, .zip, .tar.gz, https://…, s3://bucket/key[?versionId=…], or the ARN of a SageMaker training job or model package',
      )
      .option('--file <edgeml.yaml>', 'package the models of edgeml.yaml, in place of --source and its options')
      .option('--sha256 <hash>', 'SHA-256 of the file; an https:// address needs it')
      .option('--name <name>', 'model name (default: of model.json, else of the source)')
      .option(
        '--version <version>',
        'of model and component, e.g. 1.2.0 (default: of model.json; of model package n: n.0.0)',
      )
      .option(
        '--manifest <file>',
        'JSON file whose keys override those that the source states and those that are guessed',
      )
      .option('--labels <file>', 'one label a line, in the order of the classes')
      .option(
        '--golden <image...>',
        'images, or tensors as .npz, for the golden test: devices must get the outputs that the model gives now',
      )
      .option('--golden-seen', 'you have checked the golden pictures: accept labels that look shifted by one')
      .option(
        '--beside <place>',
        'folder, or s3://bucket/prefix/, with files to add to the model: pictures for golden cases, labels.txt, model.json',
      )
      .option(
        '--baseline <dir|file>',
        'pictures like those the model will see: a folder, a list of paths, or `golden`; devices detect drift against them (docs/drift.md)',
      )
      .option('--gallery <dir>', 'for the task embedding: pictures to recognize, in one folder for each name')
      .option('--int8 <file>', 'int8 build of the same model; kept only if it passes the golden cases')
      .option(
        '--assume',
        'use the usual values for keys that neither the file nor --manifest gives; otherwise packaging fails',
      )
      .option('--component <name>', 'component name (default: edgeml.model.<name>)')
      .option(
        '--challenger',
        'make a component edgeml.challenger.<name>, whose model is compared with the one that serves',
      )
      .option('--publisher <text>', 'ComponentPublisher of the recipe', 'EdgeML')
      .option(
        '--read <who>',
        'who may read the files on the device: all, or owner (the user that runs components)',
        'all',
      )
      .option(
        '--output <folder>',
        'where recipes/, artifacts/ and packages/ go (default: greengrass-build of the project)',
      )
      .option('--key <file>', 'sign with this private key (edgeml keygen)')
      .option('--kms-key <arn>', 'sign with this key of AWS KMS (ECC_NIST_P256)')
      .option('--key-id <id>', 'key id in the signature (default: fingerprint of the key)')
      .option(
        '--encrypt <for...>',
        'encrypt the model for these: public keys of devices (edgeml keygen --for encryption), ARNs of symmetric keys of AWS KMS',
      )
      .option('--region <name>', 'AWS region (default: of the ARN, else AWS_REGION)')
      .option('--max-mb <number>', 'largest download, and largest content of an archive', '2048')
      .option('--replace', 'overwrite a package of the same version; only if it was never published')
      .option('--rebuild', 'package again although source and options are the same as before')
      .option('--dry-run', 'look the source up and show what would be done; write nothing'),
  help: `
Fetches the model, completes model.json (from what the exporter wrote into the ONNX file, then from its
shapes; it asks for keys that neither gives), loads every variant and
runs the golden cases on the CPU, and writes
  packages/<name>-<version>/           the package, and <name>-<version>.tar.gz of it
  packages/<name>-<version>.json       what was made of which source: hashes, sizes, key id
  recipes/<component>-<version>.yaml   the component's recipe, for every platform
  artifacts/<component>/<version>/     its zip
  packages/golden-pictures/            the predictions that --golden records, drawn on its images: check them, because devices must give the same
--encrypt writes models that only devices with one of the keys can open; see docs/signing.md.
The same input gives the same bytes, except for encrypted packages. A source that did not change since an earlier run is not packaged again.
S3 and SageMaker are reached with the standard AWS settings (credential chain, AWS_REGION, AWS_ENDPOINT_URL).

Examples:
  edgeml package --source runs/street.onnx --name StreetDetector --version 1.2.0 --labels labels.txt --golden street-1.jpg
  edgeml package --source runs/street.onnx --name StreetDetector --version 1.3.0 --golden street-1.jpg --challenger
  edgeml package --file edgeml.yaml --key factory.key
  edgeml package --source runs/street.onnx --name StreetDetector --version 1.2.0 --beside pictures
  edgeml package --source arn:aws:sagemaker:eu-west-1:111122223333:model-package/street/7 --manifest street.json --key factory.key`,
  run: async (invocation) => {
    const { options, out, signal } = invocation;
    const { AwsClients } = await import('../package/source/aws-clients.ts');
    const aws = new AwsClients(options.region);
    const scratch = await mkdtemp(path.join(tmpdir(), 'edgeml-beside-'));
    try {
      const maxBytes = megabytes(options.maxMb) * MB;
      const models = await modelsOf(options, { aws, maxBytes, signal }, out);
      const { openSigner } = await import('../package/signing/open-signer.ts');
      if (options.key !== undefined && options.kmsKey !== undefined)
        throw cliErrors.error('cli.usage', 'give --key or --kms-key, not both');
      const signer = await openSigner(options, aws, signal);
      const claims = claimsOf(options);
      if (claims && !signer)
        throw cliErrors.error('cli.usage', '--alias and --minimum-version are signed: give --key or --kms-key too');
      const request = {
        ...requestOf(invocation, await besideOf(options, aws, scratch, signal)),
        ...(signer ? { signer } : {}),
        ...(claims ? { claims } : {}),
        ...(options.encrypt ? { recipients: await recipientsFor(options.encrypt, aws) } : {}),
      };
      const { packageModel } = await import('../package/package-model.ts');
      const { requireModelKey } = await import('../project-file/package-models.ts');
      for (const { source, own, key } of models) {
        if (options.dryRun === true) await say(source, { ...request, ...own }, out);
        else {
          const asked = { ...request, ...own };
          const outcome = await packageModel(source, asked).catch((error: unknown) => noteShifted(error, asked.output));
          await rm(shiftedFile(asked.output), { force: true });
          if (key !== undefined) requireModelKey(key, outcome.record.name, options.file ?? '');
          await show(outcome, request.output, out);
        }
      }
    } finally {
      aws.close();
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function recipientsFor(choices: readonly string[], aws: AwsClients) {
  const { recipientsOf } = await import('../package/encryption/recipients.ts');
  return recipientsOf(choices, aws);
}

/** Beside the pictures, for whoever has to decide about labels that look shifted: why, and which pictures to look at. */
function shiftedFile(output: string): string {
  return path.join(output, GOLDEN_FOLDER, 'labels-shifted.json');
}

/** @throws the error, always */
async function noteShifted(error: unknown, output: string): Promise<never> {
  if (isEdgeError(error) && error.code === 'packaging.labels-shifted') {
    const { pictures: files, reason } = error.facts as { pictures: readonly string[]; reason: string };
    const pictures = files.map((file) => path.basename(file));
    const text = `${JSON.stringify({ reason, pictures }, undefined, 2)}\n`;
    await mkdir(path.dirname(shiftedFile(output)), { recursive: true });
    await writeFile(shiftedFile(output), text);
  }
  throw error;
}

interface Model {
  readonly source: FoundSource;
  /** Its settings in edgeml.yaml, and its name there. */
  readonly own?: FoundModel['request'];
  readonly key?: string;
}

/** Options of one model; with --file, edgeml.yaml has them for each. */
const OF_ONE_MODEL = [
  'source',
  'name',
  'version',
  'manifest',
  'labels',
  'golden',
  'beside',
  'baseline',
  'gallery',
  'int8',
  'sha256',
  'component',
] as const;

async function modelsOf(options: PackageCommandOptions, find: FindOptions, out: Output): Promise<readonly Model[]> {
  const { source, file, sha256 } = options;
  if ((source === undefined) === (file === undefined))
    throw cliErrors.error('cli.usage', 'give --source <what> or --file <edgeml.yaml>');
  out.progress(`Looking up ${source ?? file} …`);
  if (source !== undefined) {
    const { findSource } = await import('../package/source/find-source.ts');
    return [{ source: await findSource(source, { ...find, sha256 }) }];
  }
  const extra = OF_ONE_MODEL.find((name) => options[name] !== undefined);
  if (extra !== undefined)
    throw cliErrors.error('cli.usage', `--${extra} goes with --source; with --file, say it in ${file}`);
  const { readProjectFile } = await import('../project-file/read-project-file.ts');
  const { findModels } = await import('../project-file/package-models.ts');
  const found = await findModels(await readProjectFile(file ?? ''), find);
  return found.map(({ name, source: model, request }) => ({ source: model, own: request, key: name }));
}

async function besideOf(
  { beside }: PackageCommandOptions,
  aws: AwsClients,
  scratch: string,
  signal: AbortSignal,
): Promise<BesideFiles> {
  if (beside === undefined || beside === '') return { golden: [] };
  const { besideFiles } = await import('../package/source/beside.ts');
  return besideFiles(beside, () => aws.s3(), scratch, signal);
}

function requestOf({ options, out, signal }: Invocation<PackageCommandOptions>, beside: BesideFiles): PackageOptions {
  const {
    name,
    version,
    golden = [],
    baseline,
    gallery,
    int8,
    assume,
    component,
    publisher,
    replace,
    rebuild,
  } = options;
  // Files that the command line names go before those beside the model.
  const { manifest = beside.manifest, labels = beside.labels } = options;
  const read = options.read.toUpperCase();
  if (read !== 'ALL' && read !== 'OWNER')
    throw cliErrors.error('cli.usage', `--read is "${options.read}"; give all or owner`);
  const output = path.resolve(options.output ?? projectPaths.output);
  return {
    ...(name === undefined ? {} : { name }),
    ...(version === undefined ? {} : { version }),
    ...(manifest === undefined ? {} : { manifest }),
    ...(labels === undefined ? {} : { labels }),
    ...(baseline === undefined ? {} : { baseline }),
    ...(gallery === undefined ? {} : { gallery }),
    ...(int8 === undefined ? {} : { int8 }),
    ...(component === undefined ? {} : { component }),
    ...(options.challenger === true ? { role: 'challenger' as const } : {}),
    golden: [...golden, ...beside.golden],
    mayFindNothing: beside.golden.length > 0,
    ...(assume === undefined ? {} : { assume }),
    goldenSeen: options.goldenSeen ?? false,
    showGolden: async ({ file, bytes, image, predictions }) => {
      const folder = path.join(output, GOLDEN_FOLDER);
      const { writeAnnotated } = await import('./predict-annotate.ts');
      const picture = await writeAnnotated(folder, path.basename(file), bytes, { ...image, predictions });
      const found = predictions.map(({ label, score }) => `${label} ${score.toFixed(2)}`);
      const more = found.length > 5 ? ', …' : '';
      out.note(`golden ${path.basename(file)}: ${found.slice(0, 5).join(', ')}${more}; look at ${picture}`);
      return picture;
    },
    output,
    read,
    publisher,
    replace: replace ?? false,
    rebuild: rebuild ?? false,
    signal,
    onProgress: (what) => out.progress(what),
  };
}

async function say(source: FoundSource, request: PackageOptions, out: Output): Promise<void> {
  const { findUnchanged } = await import('../package/package-model.ts');
  const known = await findUnchanged(source, request);
  const { identity, suggestedName, suggestedVersion } = source;
  const plan = {
    dryRun: true,
    state: known ? 'unchanged' : 'would-package',
    source: identity,
    name: request.name ?? known?.name ?? suggestedName ?? null,
    version: request.version ?? known?.version ?? suggestedVersion ?? null,
    output: request.output,
  };
  out.json(plan);
  if (out.isJson) return;
  out.line(`${identity.uri}${identity.object === undefined ? '' : ` → ${identity.object}`}`);
  const version = [
    identity.etag && `ETag ${identity.etag}`,
    identity.versionId && `version ${identity.versionId}`,
    identity.sha256 && `SHA-256 ${identity.sha256}`,
  ];
  out.line(`  ${version.filter(Boolean).join(', ')}`);
  out.line(known ? `Unchanged since ${known.name} ${known.version}: nothing would be done` : 'Would be packaged');
}

async function show({ state, record, checks, notes }: PackageOutcome, output: string, out: Output): Promise<void> {
  const { downloadSizes } = await import('../package/output/download-size.ts');
  const downloads = await downloadSizes([output, projectPaths.output], record.component, record.version);
  out.json({ state, ...record, checks, notes, downloads });
  if (out.isJson) return;
  for (const note of notes) out.note(`${out.paint('yellow', 'check')} ${note}`);
  for (const check of checks) {
    const mark = check.state === 'passed' ? out.paint('green', 'ok') : out.paint('yellow', check.state);
    out.line(`${mark}  ${check.file}  ${check.precision}  ${check.summary}`);
  }
  const what = state === 'unchanged' ? 'is unchanged' : 'is packaged';
  out.line(out.paint('bold', `${record.name} ${record.version} ${what}`));
  out.line(`  package    ${path.join(output, record.files.package)}`);
  out.line(`  archive    ${path.join(output, record.files.archive)}  ${kilobytes(record.archive.bytes)}`);
  out.line(`  component  ${record.component} ${record.version}, ${path.join(output, record.files.recipe)}`);
  out.line(
    `  hash       ${record.packageHash}${record.signedBy === undefined ? ', not signed' : `, signed by ${record.signedBy}`}`,
  );
  for (const line of table(['  download', 'update', 'first time'], downloads.map(downloadRow))) out.line(line);
}

function downloadRow({ platform, updateBytes, firstBytes, missing }: DownloadSize): readonly string[] {
  const first = firstBytes === undefined ? `? (${missing.join(', ')} not built)` : kilobytes(firstBytes);
  return [`  ${platform}`, updateBytes === undefined ? 'no manifest' : kilobytes(updateBytes), first];
}

function kilobytes(bytes: number): string {
  return bytes < 10_000_000 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function megabytes(text: string): number {
  const value = Number(text);
  if (value >= 1 && value <= 65_536) return value;
  throw cliErrors.error('cli.usage', `--max-mb is "${text}"; give 1 to 65536`);
}
