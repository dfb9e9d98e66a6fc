import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from '../../tools/bundle/project.ts';
import { pages, readPage } from './pages.ts';

const navigation = JSON.parse(readFileSync(path.join(PROJECT, 'website/navigation.json'), 'utf8')) as readonly {
  readonly section: string;
  readonly pages: readonly string[];
}[];
const listed = navigation.flatMap((section) => section.pages.map((page) => `${page}.md`));

describe('the navigation of the site', () => {
  it('lists pages that exist, each once', () => {
    expect(listed.filter((page) => !pages().includes(page))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it.each(pages())('can name %s by its heading', (page) => {
    expect(readPage(page)).toMatch(/^# \S/);
  });
});
