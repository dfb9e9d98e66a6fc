import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { placesOf } from '../../tools/cli/completion/command-tree.ts';
import { addCommands } from '../../tools/cli/commands.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { blocks } from './pages.ts';

const program = new Command('edgeml').enablePositionalOptions();
addCommands(program, { io: new MemoryIo(), signal: new AbortController().signal, exitCode: 0 });
const places = new Map(placesOf(program).map(({ path, choices }) => [path, new Set(choices.map(({ word }) => word))]));

/** Commands of shell blocks: continued lines joined, comments and the rest of a pipe cut off. */
const commands = ['sh', 'bash'].flatMap((language) =>
  blocks(language).flatMap(({ page, text }) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map(
        (line) =>
          [
            page,
            line
              .replace(/\s#.*$/, '')
              .split(/ [|>] /)[0]!
              .trim(),
          ] as const,
      ),
  ),
);

const edgeml = commands.flatMap(([page, line]) => {
  const words = /^(?:npm run -s edgeml --|edgeml|npm (?=start|run build))\s*(.*)$/.exec(line);
  if (!words) return [];
  const text = words[1]!.replace(/^start( --)?/, 'start').replace(/^run build( --)?/, 'build');
  return [[`${page}: ${line}`, text.replaceAll(/'[^']*'|"[^"]*"/g, 'text').split(/\s+/)] as const];
});

/** They hand options on to what they run. */
const OWN_OPTIONS = new Set(['bench', 'fuzz', 'loop', 'soak']);

describe('commands in docs/', () => {
  it('are there', () => {
    expect(edgeml.length).toBeGreaterThan(40);
  });

  it.each(edgeml)('names a command and options that exist: %s', (_name, words) => {
    let path = '';
    for (const word of words) {
      const longer = `${path} ${word}`.trim();
      if (places.has(longer)) path = longer;
    }
    expect(path, 'the command').not.toBe('');
    if (OWN_OPTIONS.has(path)) return;
    const options = words
      .flatMap((word) => /^--[a-z][a-z0-9-]*/.exec(word)?.[0] ?? [])
      .filter((word) => word !== '--help');
    expect(options.filter((option) => !places.get(path)?.has(option))).toEqual([]);
  });

  it('name scripts that package.json has', () => {
    const scripts = commands.flatMap(([, line]) =>
      [...line.matchAll(/npm run (?:-s )?([\w:-]+)/g)].map(([, script]) => script),
    );
    expect([...new Set(scripts)].filter((script) => !Object.hasOwn(manifest.scripts, script!))).toEqual([]);
  });
});
