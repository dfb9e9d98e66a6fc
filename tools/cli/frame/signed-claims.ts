import type { Command } from 'commander';
import type { SignedClaims } from '#packages/model-package';

export interface ClaimOptions {
  readonly alias?: readonly string[];
  readonly minimumVersion?: string;
}

/** The signer's options about the package's use. */
export function claimOptions(command: Command): Command {
  return command
    .option('--alias <name...>', 'sign for these aliases only: devices refuse the package under any other')
    .option(
      '--minimum-version <version>',
      'once this package is active, devices refuse lower versions under its alias, e.g. 1.2.0',
    );
}

/** Undefined if nothing was said. */
export function claimsOf({ alias, minimumVersion }: ClaimOptions): SignedClaims | undefined {
  if (alias === undefined && minimumVersion === undefined) return undefined;
  return {
    ...(alias === undefined ? {} : { aliases: [...alias] }),
    ...(minimumVersion === undefined ? {} : { minimumVersion }),
  };
}
