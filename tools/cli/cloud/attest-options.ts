import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { PROJECT } from '../../bundle/project.ts';
import type { Upload } from '../../cloud/publishing/publish-plan.ts';
import type { Origin } from '../../package/attestation/attest.ts';
import { cliErrors } from '../errors.ts';
import { requireKeyId } from '../frame/key-id.ts';

export interface AttestOptions {
  readonly attest?: boolean;
  readonly key?: string;
  readonly kmsKey?: string;
  readonly keyId?: string;
  readonly builder: string;
  readonly region?: string;
}

export function attestOptions(command: Command): Command {
  return command
    .option('--attest', 'put a signed attestation beside each artifact: its provenance and its SBOM')
    .option('--key <file>', 'with --attest: private key, Ed25519 or ECDSA P-256, PEM (edgeml keygen)')
    .option('--kms-key <arn>', 'with --attest: id, ARN or alias of a key of AWS KMS: ECC_NIST_P256, SIGN_VERIFY')
    .option('--key-id <id>', 'name under which verifiers know the key (default: its fingerprint)')
    .option('--builder <uri>', 'with --attest: who builds, e.g. the address of a pipeline', 'urn:edgeml:publish');
}

/** Statements about an artifact of a component, as the text of a `.intoto.jsonl`. */
export type Attest = (
  upload: Upload,
  component: { readonly name: string; readonly version: string },
) => Promise<string>;

/**
 * Undefined without --attest. `close` lets go of the connection to AWS KMS.
 * @param build folder whose records tell where models came from
 * @throws EdgeError `cli.usage`, `signing.*`
 */
export async function openAttest(
  options: AttestOptions,
  build: string,
  signal: AbortSignal,
): Promise<{ readonly attest: Attest; close(): void } | undefined> {
  const { key, kmsKey, keyId, builder } = options;
  if (options.attest !== true) {
    if (key !== undefined || kmsKey !== undefined)
      throw cliErrors.error(
        'cli.usage',
        '--key and --kms-key sign statements: add --attest. Models are signed by package',
      );
    return undefined;
  }
  if ((key === undefined) === (kmsKey === undefined))
    throw cliErrors.error('cli.usage', '--attest signs: give either --key <file> or --kms-key <arn>');
  if (keyId !== undefined) requireKeyId(keyId);
  if (!URL.canParse(builder)) throw cliErrors.error('cli.usage', `--builder is "${builder}"; give a URI`);
  const { AwsClients } = await import('../../package/source/aws-clients.ts');
  const { openSigner } = await import('../../package/signing/open-signer.ts');
  const { readRecords } = await import('../../package/output/package-record.ts');
  const { attest } = await import('../../package/attestation/attest.ts');
  const aws = new AwsClients(options.region);
  const signer = await openSigner(options, aws, signal);
  if (!signer) throw cliErrors.error('cli.usage', '--attest signs: give --key or --kms-key');
  const records = await readRecords(build);
  const commit = await cleanCommit(signal);
  return {
    attest: ({ artifact }, { name, version }) => {
      const record = records.find((one) => one.component === name && one.version === version);
      const origin: Origin = {
        component: name,
        version,
        builder,
        // The model of a package comes from elsewhere than these sources, and a path of this machine tells nobody anything.
        ...(record || commit === undefined ? {} : { commit }),
        ...(record && /^(s3|https|arn):/.test(record.source.uri) ? { model: record.source.uri } : {}),
      };
      return attest({ file: artifact.file, sha256: artifact.digest.hex }, origin, signer, signal);
    },
    close: () => aws.close(),
  };
}

const GIT_TIMEOUT_MS = 10_000;

/** The commit of the sources; undefined outside a repository, and if something in it was changed. */
async function cleanCommit(signal: AbortSignal): Promise<string | undefined> {
  const git = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', words, { cwd: PROJECT, signal, timeout: GIT_TIMEOUT_MS });
    return stdout.trim();
  };
  try {
    return (await git('status', '--porcelain')) === '' ? await git('rev-parse', 'HEAD') : undefined;
  } catch {
    return undefined;
  }
}
