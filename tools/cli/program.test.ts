import { mkdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Command } from 'commander';
import { cliErrors } from './errors.ts';
import { runCommandLine } from './frame/command-line.ts';
import { addCommand } from './frame/command.ts';
import type { CommandHost } from './frame/command.ts';
import { MemoryIo } from './frame/io.ts';
import { runProgram } from './program.ts';

const never = new AbortController().signal;

describe('the edgeml command', () => {
  it('answers for people and for programs', async () => {
    const people = new MemoryIo();
    const programs = new MemoryIo();

    expect(await runProgram(['version'], people, never)).toBe(0);
    expect(await runProgram(['version', '--json'], programs, never)).toBe(0);

    expect(people.out).toMatch(
      /^edgeml \d+\.\d+\.\d+, Node\.js \d+.*\nSupported: Node\.js 20\.19 and newer, tested with 20, 22, 24/,
    );
    expect(JSON.parse(programs.out)).toMatchObject({ node: process.versions.node });
    expect(programs.out.split('\n')).toHaveLength(2);
  });

  it.each([['nonsense'], ['version', '--nonsense'], []])(
    'ends with 2 for wrong usage: %j',
    async (...args: string[]) => {
      const io = new MemoryIo();
      expect(await runProgram(args, io, never)).toBe(2);
      expect(io.err).not.toBe('');
      expect(io.out).toBe('');
    },
  );

  it('describes every command in the list of --help and in its own', async () => {
    const io = new MemoryIo();
    expect(await runProgram(['--help'], io, never)).toBe(0);
    const names = [...io.out.matchAll(/^ {2}([a-z-]+) .*\[options\]/gm)].map((match) => match[1] ?? '');
    expect(names).toContain('version');
    for (const name of names) {
      const help = new MemoryIo();
      expect(await runProgram([name, '--help'], help, never)).toBe(0);
      expect(help.out).toMatch(/Usage: edgeml/);
    }
  });
});

describe('a fault', () => {
  const failing = async (error: Error): Promise<string> => {
    const io = new MemoryIo();
    const addCommands = (program: Command, host: CommandHost): void =>
      addCommand(program, { usage: 'fail', summary: 'fail', run: () => Promise.reject(error) }, host);
    const line = { name: 'x', description: '', help: '', addCommands };
    expect(await runCommandLine(line, ['fail'], io, never)).toBe(1);
    return io.err;
  };

  it('of the command is reported with its stack; an error of the operating system is not', async () => {
    expect(await failing(new TypeError('undefined is not a function'))).toMatch(
      /at .*this is a fault of the edgeml command/s,
    );
    const refused = await mkdir('/proc/1/edgeml').catch((error: Error) => error);
    const said = await failing(refused as Error);
    expect(said).toMatch(/^Error: E[A-Z]+: .*\/proc\/1\/edgeml'\nWhat to do: /);
    expect(said).not.toMatch(/fault of the edgeml command|\n +at /);
  });

  it('in a file that is not a recipe is a finding, not a crash', async () => {
    const io = new MemoryIo();
    expect(await runProgram(['lint', 'README.md'], io, never)).toBe(1);
    expect(io.out).toMatch(/error README\.md:\d+: this is not YAML/);
    expect(io.err).not.toContain('fault of the edgeml command');
  });
});

describe('addCommand', () => {
  it('hands over arguments, options and the exit code', async () => {
    const host: CommandHost = { io: new MemoryIo(), signal: never, exitCode: 0 };
    const program = new Command().exitOverride();
    let seen: unknown;
    addCommand<{ name?: string }>(
      program,
      {
        usage: 'greet <who...>',
        summary: 'greet',
        options: (command) => command.option('--name <name>'),
        run: async ({ args, options }) => {
          seen = { args, options };
          return 1;
        },
      },
      host,
    );
    await program.parseAsync(['greet', 'a', 'b', '--name', 'c', '--json'], { from: 'user' });
    expect(seen).toEqual({ args: ['a', 'b'], options: { name: 'c', json: true } });
    expect(host.exitCode).toBe(1);
  });

  it('lets errors through with their code and remedy', async () => {
    const host: CommandHost = { io: new MemoryIo(), signal: never, exitCode: 0 };
    const program = new Command().exitOverride();
    addCommand(
      program,
      {
        usage: 'fail',
        summary: 'fail',
        run: async () => Promise.reject(cliErrors.error('cli.usage', 'no such thing')),
      },
      host,
    );
    await expect(program.parseAsync(['fail'], { from: 'user' })).rejects.toMatchObject({ code: 'cli.usage' });
  });
});
