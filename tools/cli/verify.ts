import type { Trust } from '#packages/model-package';
import { cliErrors } from './errors.ts';
import type { CommandSpec } from './frame/command.ts';
import type { Output } from './frame/output.ts';

interface VerifyOptions {
  readonly package?: string;
  readonly attestation?: string;
  readonly artifact?: string;
  readonly key?: readonly string[];
  readonly trustedKeys?: string;
  readonly config?: string;
  readonly alias?: string;
}

export const verifyCommand: CommandSpec<VerifyOptions> = {
  usage: 'verify',
  summary: 'check the signature of a model package as a device does, or the attestation of an artifact',
  options: (command) =>
    command
      .option('--package <path>', 'package folder, .tar.gz or .zip')
      .option(
        '--attestation <file>',
        'attestation of an artifact: .intoto.jsonl, which publish --attest puts beside it',
      )
      .option('--artifact <file>', 'with --attestation: the artifact that it describes')
      .option('--key <file...>', 'public keys to trust: PEM, or what edgeml keygen wrote')
      .option('--trusted-keys <folder>', 'folder with <key id>.pem or .pub, as TrustedKeysFolder of the agent')
      .option('--config <file>', 'configuration of edgeml.InferenceAgent (JSON): its TrustedKeys and TrustedKeysFolder')
      .option('--alias <name>', 'the alias under which a device would activate it (default: any)'),
  help: `
A key given with --key counts under its fingerprint and under the name of its file. Exit code 0 only for a package that was
signed by a trusted key and whose files are those that were signed. Each other case has its own code: signature.missing,
signature.unknown-key, signature.invalid, signature.manifest-changed, signature.file-changed, signature.file-missing,
signature.file-unsigned, signature.malformed, signature.other-alias, signature.unsafe-trust.

With --attestation: each statement must be signed by a trusted key and be about the artifact (attestation.untrusted,
attestation.other-artifact, attestation.malformed). --json prints the statements, provenance and SBOM, whole.

Examples:
  edgeml verify --package packages/StreetDetector-1.2.0.tar.gz --key keys/factory-2026.pub
  edgeml verify --attestation agent.zip.intoto.jsonl --artifact agent.zip --key keys/factory-2026.pub`,
  run: async ({ options, out, signal }) => {
    if (options.key === undefined && options.trustedKeys === undefined && options.config === undefined)
      throw cliErrors.error('cli.usage', 'say whom to trust: --key <file>, --trusted-keys <folder> or --config <file>');
    if ((options.package === undefined) === (options.attestation === undefined))
      throw cliErrors.error('cli.usage', 'give --package <path>, or --attestation <file> with --artifact <file>');
    const { trustOf } = await import('../package/signing/trust-of.ts');
    if (options.attestation !== undefined) return verifyStatements(options, await trustOf(options), out);
    const { openPackage } = await import('../package/open-package.ts');
    const { verifyPackage } = await import('#packages/model-package');
    const trust = await trustOf(options);
    const opened = await openPackage(options.package ?? '', signal);
    try {
      const { manifest, hash } = opened.model;
      const verdict = await verifyPackage(opened.model, trust, options.alias);
      const keyId = verdict.state === 'trusted' ? verdict.keyId : '';
      out.json({
        package: options.package,
        name: manifest.name,
        version: manifest.version,
        hash,
        state: verdict.state,
        keyId,
        ...(verdict.state === 'trusted' ? { claims: verdict.claims } : {}),
      });
      if (!out.isJson)
        out.line(
          `${out.paint('green', 'trusted')}  ${manifest.name} ${manifest.version}, signed by ${keyId}, hash ${hash}`,
        );
    } finally {
      await opened.close();
    }
  },
};

async function verifyStatements(
  { attestation = '', artifact }: VerifyOptions,
  trust: Trust,
  out: Output,
): Promise<void> {
  if (artifact === undefined)
    throw cliErrors.error('cli.usage', '--artifact is missing: what are the statements about?');
  const { readGiven } = await import('../package/files.ts');
  const { verifyAttestation } = await import('../package/attestation/verify-attestation.ts');
  const { validKeys } = await import('#packages/model-package');
  const { hashFile } = await import('#packages/foundation');
  const text = (await readGiven(attestation)).toString('utf8');
  for (const statement of verifyAttestation(text, await hashFile(artifact), await validKeys(trust))) {
    out.json(statement);
    if (!out.isJson)
      out.line(`${out.paint('green', 'trusted')}  ${statement.predicateType}, signed by ${statement.keyId}`);
  }
}
