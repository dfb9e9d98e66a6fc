import type { Command } from 'commander';

/** Everything that may follow the words of a command. */
export interface Place {
  /** The words so far, without the program's name, e.g. `local deploy`; empty at the beginning. */
  readonly path: string;
  readonly choices: readonly Choice[];
}

export interface Choice {
  readonly word: string;
  readonly summary: string;
}

/** Each command with its subcommands and long options, from the program down. */
export function placesOf(command: Command, path = ''): readonly Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((child) => ({ word: child.name(), summary: child.summary() }));
  const options = help
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ word: long, summary: description }] : []));
  const below = command.commands.flatMap((child) => placesOf(child, `${path} ${child.name()}`.trim()));
  return [{ path, choices: [...commands, ...options] }, ...below];
}
