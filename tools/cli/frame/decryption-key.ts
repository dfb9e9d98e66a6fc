import { Option } from 'commander';
import type { Command } from 'commander';

export interface DecryptionKeyOption {
  readonly decryptionKey?: readonly string[];
}

/** `--decryption-key`, for commands that run packages. */
export function decryptionKeyOption(command: Command): Command {
  const meaning = 'private keys that decrypt packages (edgeml keygen --for encryption); not needed for AWS KMS';
  return command.addOption(new Option('--decryption-key <file...>', meaning).env('EDGEML_DECRYPTION_KEY'));
}
