import path from 'node:path';
import type { Command } from 'commander';
import { PROJECT } from '../../bundle/project.ts';

/** Root folder of the core that `npm start` runs. */
export const DEFAULT_ROOT = path.join(PROJECT, '.edgeml/core');

export interface RootOption {
  readonly root?: string;
}

/** `--root`, shared by all commands that speak to a running core. */
export function rootOption(command: Command): Command {
  return command.option('--root <folder>', 'root folder of the core or nucleus (default: .edgeml/core of the project)');
}

export function rootOf(options: RootOption): string {
  return path.resolve(options.root ?? DEFAULT_ROOT);
}
