import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from '../../tools/bundle/project.ts';
import { DOCS, pages } from './pages.ts';

const files = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'].map((file) => path.join(PROJECT, file)),
  ...pages().map((page) => path.join(DOCS, page)),
];

/** Targets of links and pictures; code is not looked at. */
function targets(text: string): readonly string[] {
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/(?<!\\)\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** As GitHub and the generator of the site make them: lower case, without punctuation, `-` for a space. */
function anchors(file: string): ReadonlySet<string> {
  const headings = readFileSync(file, 'utf8')
    .replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
    .matchAll(/^#{1,6} (.+)$/gm);
  const seen = new Map<string, number>();
  return new Set(
    [...headings].map(([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

describe.each(files.map((file) => [path.relative(PROJECT, file), file] as const))('%s', (_name, file) => {
  it('links to files and headings that exist', () => {
    const lost = targets(readFileSync(file, 'utf8')).filter((target) => {
      if (/^[a-z]+:/.test(target)) return false;
      const [name = '', anchor] = target.split('#');
      const found = name === '' ? file : path.join(path.dirname(file), name);
      if (!existsSync(found)) return true;
      return anchor !== undefined && found.endsWith('.md') && !anchors(found).has(anchor);
    });
    expect(lost).toEqual([]);
  });
});
