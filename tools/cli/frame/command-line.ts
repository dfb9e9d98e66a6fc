import { setMaxListeners } from 'node:events';
import { Command, CommanderError } from 'commander';
import { isEdgeError, messageOf } from '#packages/foundation';
import { cliErrors } from '../errors.ts';
import type { CommandHost } from './command.ts';
import type { CliIo } from './io.ts';

/** A program with commands, as `--help` shows it. */
export interface CommandLine {
  /** The words that the user types before the command. */
  readonly name: string;
  /** A sentence. */
  readonly description: string;
  /** Shown below the list of commands. */
  readonly help: string;
  readonly addCommands: (program: Command, host: CommandHost) => void;
}

const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Runs one command line (without `node` and the script's name) and returns its exit code; never throws. */
export async function runCommandLine(
  { name, description, help, addCommands }: CommandLine,
  args: readonly string[],
  io: CliIo,
  signal: AbortSignal,
): Promise<number> {
  // A command may have hundreds of calls under way, each of which listens.
  setMaxListeners(0, signal);
  const host: CommandHost = { io, signal, exitCode: EXIT.done };
  const program = new Command(name)
    .description(description)
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .configureOutput({ writeOut: (text) => io.stdout(text), writeErr: (text) => io.stderr(text) })
    .addHelpText('after', help);
  addCommands(program, host);
  try {
    await program.parseAsync(args, { from: 'user' });
    return host.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    if (signal.aborted) {
      io.stderr('Stopped.\n');
      return EXIT.failed;
    }
    report(error, io, args.includes('--json'));
    return cliErrors.is(error, 'cli.usage') ? EXIT.usage : EXIT.failed;
  }
}

/** A message and what to do about it; the stack only for faults that nobody foresaw. */
function report(error: unknown, io: CliIo, json: boolean): void {
  if (isEdgeError(error)) {
    if (json) return io.stderr(`${JSON.stringify({ error })}\n`);
    return io.stderr(`Error: ${error.message}\nWhat to do: ${error.todo} (${error.code})\n`);
  }
  const advice = systemAdvice(error);
  if (advice !== undefined) {
    const message = messageOf(error);
    if (json) return io.stderr(`${JSON.stringify({ error: { code: 'system', message, todo: advice } })}\n`);
    return io.stderr(`Error: ${message}\nWhat to do: ${advice}\n`);
  }
  if (json) return io.stderr(`${JSON.stringify({ error: { code: 'internal', message: messageOf(error) } })}\n`);
  const stack = error instanceof Error && error.stack ? error.stack : messageOf(error);
  io.stderr(`Error: ${stack}\nWhat to do: this is a fault of the edgeml command; report it with the lines above.\n`);
}

/** The remedy for an error of the operating system, which is not a fault of the command; undefined for any other error. */
function systemAdvice(error: unknown): string | undefined {
  const { code, syscall } = (error ?? {}) as { readonly code?: unknown; readonly syscall?: unknown };
  if (!(error instanceof Error) || typeof code !== 'string' || typeof syscall !== 'string') return undefined;
  return SYSTEM_ADVICE[code] ?? 'Look at the file, the disk or the network that the message names.';
}

const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  EACCES: 'Let this user read and write what the message names, or run the command as its owner.',
  EISDIR: 'Name a file: this is a folder.',
  ENOENT: 'Check the path: nothing is there.',
  ENOSPC: 'Make room on the disk.',
  ENOTDIR: 'Check the path: a part of it is a file.',
  EPERM: 'Let this user read and write what the message names, or run the command as its owner.',
  EROFS: 'The file system is read-only: work in another folder.',
};
