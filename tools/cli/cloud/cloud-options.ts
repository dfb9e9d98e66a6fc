import type { Command } from 'commander';
import type { CloudClients } from '../../cloud/clients.ts';
import { cliErrors } from '../errors.ts';

export interface CloudCommandOptions {
  readonly region?: string;
  readonly profile?: string;
}

/** `--region` and `--profile`, for every command that speaks to AWS. */
export function cloudOptions(command: Command): Command {
  return command
    .option('--region <name>', 'AWS region (default: AWS_REGION, else the one of the profile)')
    .option('--profile <name>', 'profile of ~/.aws/config (default: AWS_PROFILE, else "default")');
}

/** Connects, runs, and lets the connections go. */
export async function withCloud<Answer>(
  { region, profile }: CloudCommandOptions,
  work: (clients: CloudClients) => Promise<Answer>,
): Promise<Answer> {
  const { connectCloud } = await import('../../cloud/clients.ts');
  const clients = await connectCloud({
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  });
  try {
    return await work(clients);
  } finally {
    clients.close();
  }
}

/** A positive number of seconds as milliseconds. */
export function secondsOption(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw cliErrors.error('cli.usage', `${name} is ${text}; give a number of seconds above 0`);
  return value * 1000;
}

/** `Name=1.0.0` arguments. */
export function namedVersions(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const match = /^([\w.-]+)=(\S+)$/.exec(text);
      if (!match) throw cliErrors.error('cli.usage', `"${text}" is not of the form Name=1.0.0`);
      return [match[1] ?? '', match[2] ?? ''];
    }),
  );
}
