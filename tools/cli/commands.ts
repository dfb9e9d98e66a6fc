import type { Command } from 'commander';
import { buildCommand } from './build.ts';
import { addCommand } from './frame/command.ts';
import type { CommandHost } from './frame/command.ts';
import { generateCommand } from './generate.ts';
import { versionCommand } from './version.ts';

/** The list of all commands, in the order of `--help`. */
export function addCommands(program: Command, host: CommandHost): void {
  addCommand(program, buildCommand, host);
  addCommand(program, generateCommand, host);
  addCommand(program, versionCommand, host);
}
