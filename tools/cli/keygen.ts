import path from 'node:path';
import { cliErrors } from './errors.ts';
import { requireKeyId } from './frame/key-id.ts';
import type { CommandSpec } from './frame/command.ts';

interface KeygenOptions {
  readonly out: string;
  readonly keyId?: string;
  readonly for: string;
}

export const keygenCommand: CommandSpec<KeygenOptions> = {
  usage: 'keygen',
  summary: 'make a key pair to sign model packages, or to encrypt them',
  options: (command) =>
    command
      .option('--out <folder>', 'where the two files go', '.')
      .option('--for <purpose>', 'signing (Ed25519) or encryption (X25519)', 'signing')
      .option('--key-id <id>', 'name of the key, e.g. factory-2026 (default: fingerprint of the public key)'),
  help: `
Writes <key id>.key, the private key (PKCS #8, PEM, mode 600: keep it where packages are signed, and nowhere else), and
<key id>.pub, the public key, for devices: as it is into the folder that TrustedKeysFolder of edgeml.InferenceAgent names,
or its text into TrustedKeys under the key id. Keys are never overwritten.

To rotate: make a new pair, add its public key on all devices beside the old one, sign with the new key from then on, and
remove the old public key when no package signed by it is in use.

A pair --for encryption is the other way round: <key id>.pub goes where packages are made (edgeml package --encrypt), and
<key id>.key (mode 400) to the device or the fleet, into the folder of TrustedKeysFolder, under this very name.

Examples:
  edgeml keygen --out keys --key-id factory-2026
  edgeml keygen --out keys --for encryption`,
  run: async ({ options, out }) => {
    const { writeKeyPair } = await import('../package/signing/write-key-pair.ts');
    if (options.keyId !== undefined) requireKeyId(options.keyId);
    if (options.for === 'encryption') {
      if (options.keyId !== undefined)
        throw cliErrors.error(
          'cli.usage',
          '--key-id goes with --for signing; a key for encryption is named by its fingerprint',
        );
      const pair = await writeKeyPair(path.resolve(options.out), undefined, 'encryption');
      out.json({ ...pair, algorithm: 'X25519' });
      if (out.isJson) return;
      out.line(`key id       ${out.paint('bold', pair.keyId)}`);
      out.line(
        `private key  ${pair.privateFile}: to the device, into the folder of TrustedKeysFolder, mode 400, of the user of the agent`,
      );
      out.line(`public key   ${pair.publicFile}: edgeml package --encrypt ${pair.publicFile}`);
      return;
    }
    if (options.for !== 'signing')
      throw cliErrors.error('cli.usage', `--for is "${options.for}"; give signing or encryption`);
    const made = await writeKeyPair(path.resolve(options.out), options.keyId);
    const configuration = { SignaturePolicy: 'require', TrustedKeys: { [made.keyId]: made.publicKey } };
    out.json({ ...made, algorithm: 'Ed25519', configuration });
    if (out.isJson) return;
    out.line(`key id       ${out.paint('bold', made.keyId)}`);
    out.line(`private key  ${made.privateFile}`);
    out.line(`public key   ${made.publicFile}  ${made.publicKey}`);
    out.line(`Configuration of edgeml.InferenceAgent that takes packages signed by it alone:`);
    out.line(`  ${JSON.stringify(configuration)}`);
  },
};
