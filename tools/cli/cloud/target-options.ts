import type { Command } from 'commander';
import type { CloudClients } from '../../cloud/clients.ts';
import type { Target } from '../../cloud/deployments/target.ts';
import { cliErrors } from '../errors.ts';

export interface TargetOptions {
  readonly thing?: string;
  readonly group?: string;
}

export function targetOptions(command: Command): Command {
  return command.option('--thing <name>', 'one device').option('--group <name>', 'the devices of a thing group');
}

export async function targetOf(clients: CloudClients, options: TargetOptions, signal: AbortSignal): Promise<Target> {
  const { findTarget } = await import('../../cloud/deployments/target.ts');
  return findTarget(clients, targetNamed(options), signal);
}

export function targetNamed({ thing, group }: TargetOptions): Pick<Target, 'kind' | 'name'> {
  if ((thing === undefined) === (group === undefined))
    throw cliErrors.error('cli.usage', 'give either --thing or --group');
  return thing === undefined ? { kind: 'group', name: group ?? '' } : { kind: 'thing', name: thing };
}
