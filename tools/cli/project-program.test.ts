import { describe, expect, it } from 'vitest';
import { addCommand } from './frame/command.ts';
import { runCommandLine } from './frame/command-line.ts';
import { MemoryIo } from './frame/io.ts';
import { fuzzCommand } from './fuzz.ts';
import { soakCommand } from './soak.ts';

describe('a command that is a program of its own', () => {
  it.each([
    [soakCommand, ['soak', '--hours', '4', '--seed', '7']],
    [soakCommand, ['soak', 'belt', '--minutes', '1']],
    [fuzzCommand, ['fuzz', '--seconds', '5']],
  ])('gets its options as they are, also if nothing comes before them', async (spec, words) => {
    let given: readonly string[] | undefined;
    const line = {
      name: 'edgeml',
      description: '',
      help: '',
      addCommands: (...[program, host]: Parameters<Parameters<typeof runCommandLine>[0]['addCommands']>) =>
        addCommand(program, { ...spec, run: async ({ args }) => void (given = args) }, host),
    };
    expect(await runCommandLine(line, words, new MemoryIo(), new AbortController().signal)).toBe(0);
    expect(given).toEqual(words.slice(1));
  });
});
