import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The navigation of the generator: sections that fold, each page by its first heading. navigation.json lists each page of docs/ once:
 * test/docs/site-navigation.test.ts fails for a page that is missing there, and for a name without a page.
 * @param {string} docs folder of the pages
 * @param {readonly { section: string, pages: readonly string[] }[]} navigation
 */
export function sidebar(docs, navigation) {
  return navigation.map(({ section, pages }) => ({
    text: section,
    collapsible: true,
    items: pages.map((page) => ({ text: titleOf(docs, page), link: page === 'index' ? '/' : `/${page}` })),
  }));
}

/**
 * @param {string} docs
 * @param {string} page
 */
function titleOf(docs, page) {
  const text = readFileSync(path.join(docs, `${page}.md`), 'utf8');
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (!title) throw new Error(`docs/${page}.md does not begin with a heading: add one, e.g. "# How to …".`);
  return title.replaceAll('`', '').replace(/^Tutorial: /, '');
}
