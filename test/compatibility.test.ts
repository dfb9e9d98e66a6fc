import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from '../tools/bundle/project.ts';

/** docs/compatibility.md has a row for each promise of the systems replaced; titles of tests say which row they show. */

interface Row {
  readonly number: number;
  /** Files with a title that names the row, as paths in the repository. */
  readonly named: readonly string[];
  /** Files after "covered by". */
  readonly covering: readonly string[];
  readonly test: string;
}

const page = readFileSync(path.join(PROJECT, 'docs/compatibility.md'), 'utf8');
const rows = [...page.matchAll(/^\| +(\d+) +\|.*\| ([^|]+?) +\|$/gm)].map(([, number, test = '']): Row => {
  const [named = '', covering = ''] = test.split('covered by');
  return { number: Number(number), named: pathsIn(named), covering: pathsIn(covering), test };
});
const titles = rowsInTitles();

describe('docs/compatibility.md', () => {
  it('has every row once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 150 }, (_, at) => at + 1));
  });

  it('has a test for each row, or says plainly that there is none', () => {
    const empty = rows.filter(({ named, covering }) => named.length + covering.length === 0);
    expect(empty.filter(({ test }) => !/^not (tested$|done: .)/.test(test))).toEqual([]);
  });

  it('names files that exist', () => {
    const paths = rows.flatMap(({ number, named, covering }) =>
      [...named, ...covering].map((file) => [number, file] as const),
    );
    expect(paths.filter(([, file]) => !existsSync(path.join(PROJECT, file)))).toEqual([]);
  });

  it('names files that have a title with the row, unless it says "covered by"', () => {
    const stale = rows.flatMap(({ number, named }) =>
      named.filter((file) => !titles.get(number)?.has(file)).map((file) => `row ${number}: ${file}`),
    );
    expect(stale).toEqual([]);
  });

  it('has every row that a title names, with the file of that title', () => {
    const unknown = [...titles].flatMap(([number, files]) => {
      const row = rows.find((one) => one.number === number);
      return [...files].filter((file) => !row?.named.includes(file)).map((file) => `row ${number}: ${file}`);
    });
    expect(unknown).toEqual([]);
  });
});

function pathsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);
}

/** Files by the rows that their strings begin with: "row 1: …", "rows 1, 2 and 3: …", "row 8: …; row 12: …". */
function rowsInTitles(): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>();
  for (const file of sourcesBelow('')) {
    const text = readFileSync(path.join(PROJECT, file), 'utf8');
    for (const [named] of text.matchAll(/(?<=['"`]|; )rows? \d+(?:(?:, (?:row )?| and )\d+)*/g)) {
      for (const [number] of named.matchAll(/\d+/g)) {
        const files = found.get(Number(number)) ?? new Set();
        found.set(Number(number), files.add(file));
      }
    }
  }
  return found;
}

/** TypeScript of the project, as paths with `/`; what is built, fetched or hidden is left out. */
function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(path.join(PROJECT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) return name.endsWith('.ts') && name !== 'test/compatibility.test.ts' ? [name] : [];
    const isSource = entry.isDirectory() && !/^(\..*|node_modules|greengrass-build|coverage|dist)$/.test(entry.name);
    return isSource ? sourcesBelow(name) : [];
  });
}
