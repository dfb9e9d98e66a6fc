import { Option } from 'commander';
import type { Command } from 'commander';
import type { CliIo } from './io.ts';
import { Output } from './output.ts';

/**
 * One command: its words, its options and what it does.
 *
 * @example
 * export const verifyCommand: CommandSpec<{ key?: string }> = {
 *   usage: 'verify <package>',
 *   summary: 'check the signature of a model package',
 *   options: (command) => command.option('--key <file>', 'public key to trust'),
 *   run: async ({ args: [folder], options, out, signal }) => { … },
 * };
 */
export interface CommandSpec<Options extends object = object> {
  /** Name and arguments in commander's form, e.g. `deploy <folder...>`. */
  readonly usage: string;
  /** One line in the list of commands. */
  readonly summary: string;
  /** Paragraphs and examples shown below the options of `--help`. */
  readonly help?: string;
  readonly options?: (command: Command) => Command;
  /** Returns the exit code; nothing means 0. Throw an EdgeError to fail with 1, `cli.usage` with 2. */
  readonly run: (invocation: Invocation<Options>) => Promise<number | void>;
}

export interface Invocation<Options extends object> {
  /** Arguments in order; a variadic one is spread. */
  readonly args: readonly string[];
  readonly options: Options & { readonly json?: boolean };
  readonly out: Output;
  /** The whole command line, for commands that describe it. */
  readonly program: Command;
  /** Aborted on Ctrl-C and SIGTERM: finish cleanly and return. */
  readonly signal: AbortSignal;
}

/** Puts a command on its parent. Every command gets `--json`. */
export function addCommand<Options extends object>(
  parent: Command,
  spec: CommandSpec<Options>,
  host: CommandHost,
): void {
  const command = parent.command(spec.usage).summary(spec.summary).description(sentence(spec.summary));
  spec.options?.(command);
  command.addOption(new Option('--json', 'print JSON, one document per line, on stdout and everything else on stderr'));
  const required = command.options.filter(({ mandatory }) => mandatory);
  // Commander looks for these before it looks at what it does not know, and would hide a misspelled one.
  for (const option of required) option.makeOptionMandatory(false);
  if (spec.help) command.addHelpText('after', `\n${spec.help.trim()}\n`);
  command.action(async () => {
    const missing = required.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing) command.error(`error: required option '${missing.flags}' not specified`, { exitCode: 1 });
    const options = command.opts<Options & { json?: boolean }>();
    const invocation = {
      args: command.args,
      options,
      out: new Output(host.io, options.json === true),
      program: rootOf(command),
      signal: host.signal,
    };
    host.exitCode = (await spec.run(invocation)) ?? 0;
    invocation.out.endProgress();
  });
}

/** A command that only holds others. */
export function addGroup(parent: Command, name: string, summary: string): Command {
  return parent.command(name).summary(summary).description(sentence(summary));
}

/** The context that the commands of one run of the program share. */
export interface CommandHost {
  readonly io: CliIo;
  readonly signal: AbortSignal;
  exitCode: number;
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
