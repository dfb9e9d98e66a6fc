import path from 'node:path';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import { requireKeyId } from './frame/key-id.ts';
import { claimOptions, claimsOf } from './frame/signed-claims.ts';
import type { ClaimOptions } from './frame/signed-claims.ts';

interface SignOptions extends ClaimOptions {
  readonly package: string;
  readonly key?: string;
  readonly kmsKey?: string;
  readonly keyId?: string;
  readonly region?: string;
  readonly dryRun?: boolean;
}

export const signCommand: CommandSpec<SignOptions> = {
  usage: 'sign',
  summary: 'sign a model package: write signature.json over the hashes of all its files',
  options: (command) =>
    claimOptions(command.requiredOption('--package <folder>', 'folder with model.json'))
      .option('--key <file>', 'private key: Ed25519 or ECDSA P-256, PEM (edgeml keygen)')
      .option('--kms-key <arn>', 'id, ARN or alias of a key of AWS KMS: ECC_NIST_P256, SIGN_VERIFY')
      .option('--key-id <id>', 'name under which devices know the key (default: fingerprint of the public key)')
      .option('--region <name>', 'AWS region of the KMS key (default: of its ARN, else AWS_REGION)')
      .option('--dry-run', 'show what would be signed by which key; write nothing'),
  help: `
An older signature is replaced. To sign the component's zip too, sign while packaging: edgeml package --key FILE,
or package the signed folder: edgeml package --source FOLDER keeps its signature.

Examples:
  edgeml sign --package packages/StreetDetector-1.2.0 --key keys/factory-2026.key --key-id factory-2026
  edgeml sign --package packages/StreetDetector-1.2.0 --kms-key alias/edgeml-models
  edgeml sign --package packages/StreetDetector-1.2.0 --key keys/factory-2026.key --alias Street --minimum-version 1.1.0`,
  run: async ({ options, out, signal }) => {
    if ((options.key === undefined) === (options.kmsKey === undefined))
      throw cliErrors.error('cli.usage', 'give either --key <file> or --kms-key <arn>');
    if (options.keyId !== undefined) requireKeyId(options.keyId);
    const { AwsClients } = await import('../package/source/aws-clients.ts');
    const { openSigner } = await import('../package/signing/open-signer.ts');
    const { readPackage } = await import('#packages/model-package');
    const { signPackage } = await import('#packages/model-package');
    const aws = new AwsClients(options.region);
    try {
      const dir = path.resolve(options.package);
      const { manifest, hash, hashes } = await readPackage(dir, { signal });
      const signer = await openSigner(options, aws, signal);
      if (signer === undefined) return;
      const dryRun = options.dryRun === true;
      const claims = claimsOf(options);
      if (!dryRun) await signPackage(dir, signer, { ...(claims ? { claims } : {}), signal });
      const { algorithm, keyId } = signer;
      out.json({
        ...(dryRun ? { dryRun } : {}),
        package: dir,
        name: manifest.name,
        version: manifest.version,
        hash,
        files: Object.keys(hashes).length,
        algorithm,
        keyId,
        ...(claims ? { claims } : {}),
      });
      if (out.isJson) return;
      const verb = dryRun ? 'Would sign' : 'Signed';
      out.line(
        `${verb} ${manifest.name} ${manifest.version} (${Object.keys(hashes).length} files) with ${algorithm} key ${keyId}`,
      );
    } finally {
      aws.close();
    }
  },
};
